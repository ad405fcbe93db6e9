"""Decides how someone gets from a typed number to its page: by a look-up that is recorded."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.alerts.intake import region_of
from fanzha.desk.audit.actions import Act, record_alone
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.rights.seats import holds, seats_of
from fanzha.errors import Refused

RIGHT = "records.view"
_LONGEST = 80


def look_up(by: User, what: str, kind: str) -> Subject:
    """The subject that was typed, in the first network of this person that it may belong to; recorded.

    Raises PermissionDenied without the right, Refused for what is no number or out of one's region.
    """
    if len(what) > _LONGEST:
        raise Refused(_("最多 %(most)s 个字符") % {"most": _LONGEST})
    value = _value(what.strip(), kind)
    networks = {code for seat in seats_of(by) if RIGHT in seat.rights for code in seat.networks}
    if not networks:
        raise PermissionDenied(RIGHT)
    for network in Network.objects.filter(code__in=networks).order_by("code"):
        subject = Subject(kind, value, network.code, region_of(kind, value, network))
        if holds(by, RIGHT, subject):
            told = {"shown": subject.masked}
            record_alone(by, Act("entities.look_up", kind, subject.digest, network.code, subject.region, data=told))
            return subject
    raise Refused(_("不在您的辖区或网络范围内"))


def _value(what: str, kind: str) -> str:
    if kind == "number":
        number = numbering.parse(what)
        if number.number == 0:
            raise Refused(_("这不是一个号码"), hint=_("例如 13812345678 或 +8613812345678"))
        return numbering.display(number.number, what if number.number < 0 else None)
    if kind == "device" and numbering.check_imei(what).form == numbering.ImeiForm.NOT_IMEI:
        raise Refused(_("这不是一个 IMEI"), hint=_("应为 15 位数字"))
    if kind not in ("device", "cell") or not what:
        raise Refused(_("请选择要查的对象"))
    return what
