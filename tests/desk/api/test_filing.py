"""Files papers, complaints and appeals by key, end to end, as the machines of other offices do."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

PAPER = {
    "network": "hb",
    "document": "武公协〔2026〕9号",
    "issuer": "武汉市公安局",
    "authority": "city",
    "urgency": "fast",
}
SAID = {"network": "hb", "number": "13907110077", "way": "12321"}


def _post(client: Client, address: str, name: str, body: Any = None, *, multipart: bool = False) -> Any:
    headers = {"idempotency-key": name}
    if multipart:
        return client.post(address, body, headers=headers)
    return client.post(address, body or {}, content_type="application/json", headers=headers)


def test_an_excel_is_tried_filed_checked_approved_and_answered(
    caller: Callable[..., Client], rows: SimpleNamespace
) -> None:
    """D8: dry run with errors row by row; three people; every number by its row, masked."""
    from fanzha.desk.excel.writing import Sheet, written
    from fanzha.desk.measures.models import Measure

    numbers = [("号码", "备注"), ("13907110021", ""), ("110", ""), ("13907310022", ""), ("13907110021", "")]
    police, checker, leader = caller("duty"), caller("leader"), caller("leader2")
    file = SimpleUploadedFile("n.xlsx", written(Sheet(numbers)))
    made = _post(police, "/api/requests/trial", "paper-0001", {**PAPER, "file": file}, multipart=True).json()
    assert made["state"] == "tried"
    file.seek(0)
    again = _post(police, "/api/requests/trial", "paper-0001", {**PAPER, "file": file}, multipart=True).json()
    assert (again["again"], again["id"]) == (True, made["id"])
    other = SimpleUploadedFile("n.xlsx", written(Sheet(numbers[:2])))
    refused = _post(police, "/api/requests/trial", "paper-0001", {**PAPER, "file": other}, multipart=True)
    assert refused.status_code == 422
    address = f"/api/requests/{made['id']}"
    told = police.get(address).json()
    assert (told["rows"], told["good"], told["faulty"]) == (4, 2, 2)
    assert [each["row"] for each in told["errors"]] == [3, 5]
    for act, who in (("file", police), ("accept", checker), ("approve", leader), ("answer", checker)):
        answer = _post(who, f"{address}/{act}", f"paper-{act}-01")
        assert answer.status_code == 200, answer.content.decode()
    done = police.get(address).json()
    assert (done["state"], done["results"], done["rate"]) == ("answered", {"done": 1, "referred": 1}, 100.0)
    lines = police.get(f"{address}/numbers").json()["rows"]
    assert [(line["row"], line["subject"]["shown"], line["result"]) for line in lines] == [
        (2, "+86139****0021", "done"),
        (4, "+86139****0022", "referred"),
    ]
    assert Measure.objects.get(value="+8613907110021").state == "active"
    referral = checker.get("/api/referrals?state=open").json()["rows"][0]
    sent = _post(checker, f"/api/referrals/{referral['id']}/send", "refer-0001", {"channel": "province"})
    assert sent.json()["state"] == "sent"


def test_three_people_by_key_begin_an_alert(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    """D5; the same person and the same reference add nobody."""
    from fanzha.desk.alerts.models import Alert

    client = caller("duty", "complaints.write")
    for at, (person, reference) in enumerate((("1", "J1"), ("1", "J2"), ("2", "J3"), ("3", "J3"))):
        body = {**SAID, "complainant": f"1360711000{person}", "reference": reference}
        assert _post(client, "/api/complaints", f"said-{at:04}", body).status_code == 200
    assert not Alert.objects.filter(scheme="complaints").exists()
    _post(client, "/api/complaints", "said-0009", {**SAID, "complainant": "13607110003", "reference": "J4"})
    alert = Alert.objects.get(scheme="complaints")
    assert (alert.score, alert.band, alert.region) == (80, "verify", "420100")
    assert "3 名不同用户" in alert.body["evidence"][0]["zh"]


def test_a_file_of_12321_is_brought_by_key(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    client, content = caller("duty"), "举报编号,被举报号码,举报人号码\r\nB1,13907110078,13607110001\r\nB2,x,y".encode()

    def bring(name: str, query: str = "") -> Any:
        body = {"file": SimpleUploadedFile("a.csv", content)}
        return _post(client, f"/api/complaints/file?network=hb{query}", name, body, multipart=True).json()

    tried, brought, again = bring("file-0001", "&dry=true"), bring("file-0002"), bring("file-0002")
    counts = {"rows": 2, "new": 1, "repeated": 0, "known": 0, "faulty": 1}
    for told in (tried, brought, again):
        assert {name: told[name] for name in counts} == counts
    assert (tried["receipt"], again["again"], again["receipt"]) == (0, True, brought["receipt"])
    assert brought["errors"] == [{"row": 3, "problem": "被举报号码无法识别"}]


def test_an_appeal_is_filed_and_followed_by_its_code(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    """Law art. 32; wrong codes lock the number, whichever name the write is given."""
    from fanzha.desk.appeals import actions
    from fanzha.desk.notices.codes import code_of

    client = caller("clerk", "appeals.file")
    opens = {"number": "139 0711 0002", "code": code_of(rows.measure)}
    seen = client.post("/api/appeals/follow", opens, content_type="application/json").json()
    assert (seen["state"], seen["appeals"][0]["state"]) == ("active", "filed")
    again = _post(client, "/api/appeals", "appeal-0001", {**opens, "statement": "再申诉"})
    assert again.status_code == 422  # one is open
    actions.acknowledge(caller_of(rows), rows.appeal.pk)
    actions.refuse(caller_of(rows), rows.appeal.pk, "材料不足")
    filed = _post(client, "/api/appeals", "appeal-0002", {**opens, "statement": "补充材料", "urgent": True})
    assert filed.json()["state"] == "filed"
    seen = client.post("/api/appeals/follow", opens, content_type="application/json").json()
    assert [each["state"] for each in seen["appeals"]] == ["filed", "refused"]
    assert seen["appeals"][1]["answer"] == "材料不足"
    for at in range(5):
        _post(client, "/api/appeals", f"guess-{at:04}", {**opens, "code": "WRONGONE", "statement": "x"})
    locked = client.post("/api/appeals/follow", opens, content_type="application/json")
    assert (locked.status_code, "锁定" in locked.json()["title"]) == (422, True)


def test_proofs_come_with_an_appeal_and_are_taken_by_key(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    """Told by their content; the same write again keeps nothing twice; who took one is recorded."""
    from fanzha.desk.appeals import actions
    from fanzha.desk.audit.models import Entry
    from fanzha.desk.notices.codes import code_of

    actions.acknowledge(caller_of(rows), rows.appeal.pk)
    actions.refuse(caller_of(rows), rows.appeal.pk, "材料不足")
    shop, checker, png = caller("clerk"), caller("leader"), bytes.fromhex("89504e470d0a1a0a") + b"x"
    said = {"number": "13907110002", "code": code_of(rows.measure), "statement": "附合同", "urgent": "true"}

    def file(name: str, *proofs: tuple[str, bytes]) -> Any:
        body = {**said, "proofs": [SimpleUploadedFile(*each) for each in proofs]}
        return _post(shop, "/api/appeals/proofs", name, body, multipart=True)

    wrong = file("proof-0001", ("a.png", b"MZ"))
    assert (wrong.status_code, "JPG" in wrong.json()["title"]) == (422, True)
    made, again = file("proof-0002", ("合同.png", png)), file("proof-0002", ("合同.png", png))
    assert (made.status_code, again.json()["again"], made.json()["id"]) == (200, True, again.json()["id"])
    assert file("proof-0002", ("合同.png", png + b"y")).status_code == 422
    told = checker.get(f"/api/appeals/{made.json()['id']}").json()
    assert [(each["name"], each["kind"], each["size"]) for each in told["proofs"]] == [("合同.png", "png", 9)]
    taken = checker.get(f"/api/appeals/{made.json()['id']}/proofs/{told['proofs'][0]['id']}")
    assert (taken.content, taken["Content-Type"]) == (png, "image/png")
    assert "attachment" in taken["Content-Disposition"]
    assert Entry.objects.filter(action="appeals.proof").count() == 1
    assert checker.get(f"/api/appeals/{rows.appeal.pk}/proofs/{told['proofs'][0]['id']}").status_code == 404


def caller_of(rows: SimpleNamespace) -> Any:
    """Someone who took no part in the measure."""
    from fanzha.desk.organisations.models import User

    return User.objects.get(username="leader")


def test_a_list_is_signed_and_answered_and_a_rollback_counted(
    caller: Callable[..., Client], rows: SimpleNamespace
) -> None:
    """D7: the answer is a label and judges the alert; a rollback says beforehand what it would end."""
    from fanzha.desk.alerts.models import Alert

    client, address = caller("duty"), f"/api/pushes/{rows.push.pk}"
    assert _post(client, f"{address}/sign", "sign-0001").json()["state"] == "signed"
    said = {"answers": [{"rank": 1, "answer": "false"}], "told": "系快递员"}
    assert _post(client, f"{address}/answers", "answer-0001", said).json()["state"] == "answered"
    assert client.get(address).json()["ranked"][0]["answer"] == "false"
    assert Alert.objects.get(pk=rows.alert.pk).state == "dismissed"
    which = {"network": "hb", "rule": "mass.hour", "version": 3, "since": "2026-01-01T00:00:00Z",
             "until": "2036-01-01T00:00:00Z"}  # fmt: skip
    leader = caller("leader")
    assert leader.post("/api/rollbacks/count", which, content_type="application/json").json() == {"found": 1}
    bare = {**which, "since": "2026-01-01T00:00:00"}
    assert leader.post("/api/rollbacks/count", bare, content_type="application/json").status_code == 422
    done = _post(leader, f"/api/rollbacks/{rows.undo.pk}/approve", "undo-0001")
    assert done.json()["state"] == "done"
    rows.measure.refresh_from_db()
    assert (rows.measure.state, rows.measure.label) == ("undone", "wrong_rule")
