"""Decides what is kept of organisations, their networks, the people in them, and the seats these people hold."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.choices import Kind, Level

REGION = RegexValidator(r"^(\d{2}|\d{4}|\d{6})?$", _("行政区划代码为 2、4 或 6 位数字，留空表示全国"))


class Organisation(models.Model):
    """An operator, police office, regulator, bank or shop. `region`: GB/T 2260 cut at its level ("" is all China)."""

    name = models.CharField(_("名称"), max_length=120, unique=True)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    level = models.CharField(_("层级"), max_length=12, choices=Level.choices)
    region = models.CharField(_("区划代码"), max_length=6, blank=True, validators=[REGION])
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=120, editable=False, db_index=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("机构")
        ordering = ("region", "name")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep `path`, the ids from the top down to here: "/1/5/"."""
        super().save(*args, **kwargs)  # type: ignore[arg-type]
        path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if path != self.path:
            self.path = path
            type(self).objects.filter(pk=self.pk).update(path=path)

    @property
    def line(self) -> list[int]:
        """Ids of this organisation and all above it."""
        return [int(each) for each in self.path.strip("/").split("/") if each]


class Network(models.Model):
    """Whose switch saw it: every row of the desk carries a network, and its operator decides who else may see it."""

    code = models.CharField(_("网络"), max_length=40, unique=True)
    operator = models.ForeignKey(Organisation, models.PROTECT, related_name="networks", verbose_name=_("运营商"))
    region = models.CharField(_("归属区划"), max_length=6, blank=True, validators=[REGION])

    class Meta:
        verbose_name = verbose_name_plural = _("网络")

    def __str__(self) -> str:
        return self.code


class Grant(models.Model):
    """A network's rows opened to an organisation outside its operator, until a day, on a legal basis."""

    network = models.ForeignKey(Network, models.PROTECT, related_name="grants", verbose_name=_("网络"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="grants", verbose_name=_("授予机构"))
    basis = models.CharField(_("依据"), max_length=200)
    starts = models.DateTimeField(_("起"))
    expires = models.DateTimeField(_("止"))

    class Meta:
        verbose_name = verbose_name_plural = _("共享授权")


class People(BaseUserManager["User"]):
    """Finds a person by what they type as their name."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Names are compared without case."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """Someone who signs in. `number` is a subscriber's own (as `numbering.display` writes it); nobody else has one."""

    username = models.CharField(_("登录名"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    number = models.CharField(_("本人号码"), max_length=40, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    totp = models.CharField(max_length=200, blank=True)  # encrypted; see login/codes.py
    totp_step = models.BigIntegerField(default=0)  # a code works once
    password_due = models.BooleanField(default=False)  # set by somebody else: they choose their own before anything
    reset_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    demo = models.BooleanField(default=False)  # signs in without a code where settings.DEMO, on this machine only
    joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A seat: someone in one role at one organisation. `region` narrows the organisation's own."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("用户"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="members", verbose_name=_("机构"))
    role = models.CharField(_("角色"), max_length=30)
    region = models.CharField(_("区划代码"), max_length=6, blank=True, validators=[REGION])
    ended = models.DateTimeField(_("结束"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("任职")
        constraints = [models.UniqueConstraint(fields=["user", "organisation", "role"], name="one_seat")]
