"""One number, however it is written, has one key; two numbers never share one (A7, domain 2.7)."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanzha.errors import UsageError
from fanzha.numbering import Form, Kind, Numbers, Why, Written, display, form_of, kind_of, normalise
from fanzha.vocabulary import area_codes, number_plan


def of(*texts: str | None, area: str | None = None) -> Numbers:
    return normalise(pa.array(list(texts), pa.string()), area=area)


def key(text: str, area: str | None = None) -> int:
    return int(of(text, area=area).number[0])


def kind(text: str, area: str | None = None) -> Kind:
    return Kind(of(text, area=area).kind[0])


MOBILE_PREFIXES = [p for row in number_plan().mobile.rows for p in row.prefixes]
AREAS = [(code[1:], digits) for code, area in area_codes().areas.items() for digits in area.local]


@st.composite
def mobiles(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(MOBILE_PREFIXES))
    return prefix + draw(st.text("0123456789", min_size=11 - len(prefix), max_size=11 - len(prefix)))


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, str]:
    area, digits = draw(st.sampled_from(AREAS))
    return area, draw(st.sampled_from("2345678")) + draw(
        st.text("0123456789", min_size=digits - 1, max_size=digits - 1)
    )


junk = st.text(
    st.sampled_from(list("0123456789+-() F.*#abc;:@<>\"'\0\t　１２＋opaque:irregular:sip:tel%2B\u202a")), max_size=45
)
words = st.sampled_from(
    ["opaque:", "irregular:", "sip:", "tel:", "anonymous", "86", "106", "00", "+86", "951110", "\u3000", " ", "x", "-"]
)
anything = st.one_of(
    junk,
    st.lists(words, max_size=5).map("".join),
    st.text(max_size=30),
    mobiles(),
    lines().map("".join),
    lines().map(lambda p: "0" + "".join(p)),
)


@pytest.mark.parametrize(
    "text",
    [
        "13812345678", "+8613812345678", "008613812345678", "8613812345678", "013812345678", "+86 138-1234-5678",
        "+86 (0)138 1234 5678", "１３８１２３４５６７８", "＋86１３８１２３４５６７８", "(138) 1234.5678",
        "'13812345678", '="13812345678"', "13812345678.0", "13812345678F", "\ufeff13812345678\0",
        "13812345678\n", "\u202a13812345678\u202c", "  13812345678",
        "sip:13812345678@10.0.0.1", "SIP:+8613812345678@ims.example;user=phone", "<sip:13812345678@h:5060>;tag=9",
        '"Zhang San" <sip:+8613812345678@h>', "sips:%2B8613812345678@h", "tel:+86-138-1234-5678;phone-context=+86",
        "13812345678@ims.mnc000", "1795113812345678", "12593013812345678", "17951008613812345678",
    ],
)  # fmt: skip
def test_raw_variants_of_a_mobile_are_one_number(text: str) -> None:
    assert key(text) == 8613812345678
    assert kind(text) == Kind.MOBILE


@pytest.mark.parametrize(
    ("text", "number", "what"),
    [
        ("110", 86110, Kind.EMERGENCY),
        ("95588", 8695588, Kind.HOTLINE_95),
        ("+8695588", 8695588, Kind.HOTLINE_95),
        ("8695588", 8695588, Kind.HOTLINE_95),
        ("10086", 8610086, Kind.SERVICE),
        ("1008611", 861008611, Kind.SERVICE),
        ("12345", 8612345, Kind.SERVICE),
        ("0571-96110", 8657196110, Kind.LOCAL_96),
        ("057196110", 8657196110, Kind.LOCAL_96),
        ("0571110", 86571110, Kind.EMERGENCY),
        ("95110", 8695110, Kind.EMERGENCY),
        ("12110", 8612110, Kind.EMERGENCY),
        ("95013123456", 8695013123456, Kind.CALL_CENTRE_95),
        ("95105888", 8695105888, Kind.CALL_CENTRE_95),
        ("4001234567", 864001234567, Kind.FREEPHONE_400),
        ("800-810-1234", 868008101234, Kind.FREEPHONE_800),
        ("700123456789012", 86700123456789012, Kind.MASKED_700),
        ("1440123456789", 861440123456789, Kind.IOT),
        ("1064812345678", 861064812345678, Kind.IOT),
        ("106575123456", 86106575123456, Kind.SMS_PORT),
        ("17012345678", 8617012345678, Kind.MVNO),
        ("16512345678", 8616512345678, Kind.MVNO),
        ("17401234567", 8617401234567, Kind.SATELLITE),
        ("17491234567", 8617491234567, Kind.MARITIME),
        ("17406123456", 8617406123456, Kind.EMERGENCY_COMMS),
        ("14712345678", 8614712345678, Kind.DATA),
        ("010-66123567", 861066123567, Kind.FIXED),
        ("(0571) 8888 0000", 8657188880000, Kind.FIXED),
        ("57188880000", 8657188880000, Kind.FIXED),
        ("+85291234567", 85291234567, Kind.INTERNATIONAL),
        ("0012125551234", 12125551234, Kind.INTERNATIONAL),
        ("+8816123456789", 8816123456789, Kind.SATELLITE),
    ],
)
def test_each_class_of_the_plan(text: str, number: int, what: Kind) -> None:
    assert (key(text), kind(text)) == (number, what)
    assert of(text).form[0] == Form.WELL_FORMED


@pytest.mark.parametrize(
    ("text", "form", "why"),
    [
        ("14212345678", Form.UNASSIGNED, Why.BLOCK),
        ("16112345678", Form.UNASSIGNED, Why.BLOCK),
        ("19412345678", Form.UNASSIGNED, Why.BLOCK),
        ("0378-1234567", Form.UNASSIGNED, Why.MERGED_AREA),
        ("1381234567", Form.IRREGULAR, Why.LENGTH),
        ("138123456789", Form.IRREGULAR, Why.LENGTH),
        ("0571-1234567", Form.IRREGULAR, Why.LENGTH),
        ("0571-11234567", Form.IRREGULAR, Why.PREFIX),
        ("70012345678", Form.IRREGULAR, Why.PREFIX),
        ("0095588", Form.IRREGULAR, Why.PADDED),
        ("00110", Form.IRREGULAR, Why.PADDED),
        ("+110", Form.IRREGULAR, Why.PADDED),
        ("9558812", Form.IRREGULAR, Why.PADDED),
        ("110110", Form.IRREGULAR, Why.PADDED),
        ("1001", Form.IRREGULAR, Why.SHORT),
        ("+999123456789", Form.IRREGULAR, Why.NO_COUNTRY),
        ("+3312", Form.IRREGULAR, Why.FOREIGN_LENGTH),
        ("alice", Form.IRREGULAR, Why.NOT_DIGITS),
        ("138\x001234\x005678", Form.IRREGULAR, Why.NOT_DIGITS),
        ("*31#13812345678", Form.IRREGULAR, Why.NOT_DIGITS),
        ("1" * 40, Form.IRREGULAR, Why.TOO_LONG),
        ("1" * 400, Form.IRREGULAR, Why.TOO_LONG),
        ("88880000", Form.UNKNOWN, Why.NO_AREA),
    ],
)
def test_what_is_wrong_is_named(text: str, form: Form, why: Why) -> None:
    found = of(text)
    assert (found.form[0], found.why[0]) == (form, why)
    assert found.number[0] != 0


def test_withheld_is_no_key() -> None:
    texts = [None, "", "  ", "anonymous", "Anonymous", "UNKNOWN", "unavailable", "null", "\0", "未知",
             "sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@anonymous.invalid>']  # fmt: skip
    found = of(*texts)
    assert not found.number.any()
    assert (found.kind == Kind.WITHHELD).all()


def test_opaque_numbers_are_kept_apart_and_not_judged() -> None:
    found = of("opaque:13812345678", "opaque:13812345679", "13812345678", "OPAQUE:13812345678")
    assert len(set(found.number[:3].tolist())) == 3
    assert found.number[0] == found.number[3]
    assert (found.number[:2] < 0).all()
    assert found.kind[0] == Kind.OPAQUE
    assert found.form[0] == Form.UNKNOWN


def test_the_area_given_completes_local_numbers_and_city_hotlines() -> None:
    assert key("88880000", "0571") == 8657188880000
    assert of("88880000", area="0571").written[0] == Written.LOCAL
    assert key("12345", "0571") == 8657112345
    assert key("96110", "571") == 8657196110
    assert key("12345", "010") == 861012345
    assert key("110", "0571") == 86110
    assert key("95588", "0571") == 8695588
    assert key("8695588", "0715") == 867158695588  # seven digits are a local number where local numbers have seven
    assert key("8695588", "0571") == 8695588
    assert of("86957517").why[0] == Why.NO_AREA  # not 957517 with a country code
    assert of("888000", area="0571").form[0] == Form.IRREGULAR
    for wrong in ("0400", "abc", "0378", "99999"):
        with pytest.raises(UsageError, match="area code"):
            of("110", area=wrong)


def test_how_it_was_written_is_remembered() -> None:
    found = of("13812345678", "013812345678", "+8613812345678", "008613812345678", "8613812345678")
    assert found.written.tolist() == [
        Written.NATIONAL, Written.TRUNK_ZERO, Written.PLUS, Written.DOUBLE_ZERO, Written.BARE_86,
    ]  # fmt: skip


def test_an_sms_port_is_not_the_beijing_line_of_the_same_digits() -> None:
    port, line = key("1066123567"), key("01066123567")
    assert port != line
    assert kind("1066123567") == Kind.SMS_PORT
    assert key("+86 10 6612 3567") == key("8601066123567") == line
    assert display(port) == "1066123567"


def test_a_short_code_in_ningxia_is_not_a_95_hotline() -> None:
    assert key("0953110") != key("953110")
    assert kind("0953110") == Kind.EMERGENCY
    assert kind("953110") == Kind.HOTLINE_95
    assert key("0951-96110") != key("95196110")
    assert key("+86951110") == key("951110")


def test_an_sms_port_too_long_for_a_key_is_still_known_as_one() -> None:
    text = "10690000123456789012"
    assert key(text) < 0
    assert kind(text) == Kind.SMS_PORT
    assert kind_of(of(text).number)[0] == Kind.SMS_PORT


def digits_of(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))


AREA_CODES = st.sampled_from(["951", "952", "953", "954", "955", "10", "21", "571"])
SHORT_CODES = st.sampled_from(["110", "119", "12345", "96110", "961234", "95588", "10086", "955123"])
LOOKALIKES = st.one_of(
    mobiles(),
    lines().map(lambda p: "0" + "".join(p)),
    digits_of(5, 17).map(lambda rest: "106" + rest),
    st.tuples(AREA_CODES, SHORT_CODES).map(lambda p: "0" + "".join(p)),
    st.integers(10000, 999999).map(str),
    st.integers(95000000, 95999999).map(str),
    st.from_regex(r"950[0-9]{7,8}", fullmatch=True),
    st.from_regex(r"(400|800)[0-9]{7}", fullmatch=True),
)


@given(st.sets(LOOKALIKES, min_size=2, max_size=60))
def test_different_numbers_never_share_a_key(texts: set[str]) -> None:
    keys: dict[int, str] = {}
    found = of(*sorted(texts))
    for text, number in zip(sorted(texts), found.number.tolist(), strict=True):
        # A trunk 0 before a mobile, and a line without it, are other ways of writing the same number.
        digits = text.removeprefix("0")
        assert keys.setdefault(number, digits) == digits


@given(mobiles(), st.sampled_from(["", "0", "+86", "0086", "86", "+86 ", "sip:+86", "17951"]))
def test_mobiles_agree_with_libphonenumber(number: str, head: str) -> None:
    found = of(head + number)
    assert found.number[0] == int("86" + number)
    theirs = phonenumbers.parse("+86" + number)
    if phonenumbers.is_valid_number(theirs):
        assert found.form[0] == Form.WELL_FORMED
        assert found.number[0] == int(phonenumbers.format_number(theirs, phonenumbers.PhoneNumberFormat.E164))


@given(lines(), st.sampled_from(["0", "+86", "0086", "86", "+86 (0)"]))
def test_fixed_lines_agree_with_libphonenumber(line: tuple[str, str], head: str) -> None:
    area, local = line
    found = of(f"{head}{area}-{local}")
    assert found.number[0] == int("86" + area + local)
    assert found.kind[0] == Kind.FIXED
    assert phonenumbers.is_valid_number(phonenumbers.parse(f"+86{area}{local}"))
    assert key(local, "0" + area) == int("86" + area + local)


def test_no_prefix_that_libphonenumber_holds_valid_is_called_unassigned() -> None:
    texts = [f"{prefix}{tail:06d}" for prefix in range(13000, 20000) for tail in (0, 123456)]
    forms = of(*texts).form
    for text, form in zip(texts[::7], forms[::7], strict=True):
        if form == Form.UNASSIGNED:
            assert not phonenumbers.is_valid_number(phonenumbers.parse("+86" + text))


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_example_numbers_of_every_country_are_well_formed(country: str) -> None:
    example = phonenumbers.example_number(country)
    if example is None or country == "CN":
        return
    text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    found = of(text, text.replace("+", "00"))
    assert found.number.tolist() == [int(text[1:])] * 2
    assert found.form.tolist() == [Form.WELL_FORMED] * 2


@settings(max_examples=int(os.environ.get("FANZHA_EXAMPLES", "300")))
@given(anything)
def test_what_is_displayed_reads_back_as_the_same_number(text: str) -> None:
    number = key(text)
    assert key(display(number, text)) == number
    if number >= 0:
        assert key(display(number)) == number
        assert key(display(number), "0571") == number


@settings(max_examples=100)
@given(st.lists(st.one_of(st.none(), anything), max_size=40), st.sampled_from([None, "0571", "010", "0951"]))
def test_a_column_is_judged_row_by_row(texts: list[str | None], area: str | None) -> None:
    whole = of(*texts, area=area)
    for row, text in enumerate(texts):
        alone = of(text, area=area)
        for name in ("number", "kind", "form", "why", "written"):
            assert getattr(whole, name)[row] == getattr(alone, name)[0]
    judged = whole.number != 0
    assert (kind_of(whole.number)[judged] == whole.kind[judged]).all()
    numbered = whole.number > 0
    assert (form_of(whole.number)[numbered] == whole.form[numbered]).all()


@given(st.lists(st.one_of(st.none(), anything), min_size=1, max_size=30))
def test_every_arrow_layout_gives_the_same(texts: list[str | None]) -> None:
    plain = pa.array(texts, pa.string())
    expected = normalise(plain).number.tolist()
    padded = pa.array(["junk", *texts, "junk"], pa.string())
    layouts = [plain.cast(pa.large_string()), plain.dictionary_encode(), padded.slice(1, len(texts)),
               pa.chunked_array([plain.slice(0, 1), plain.slice(1)]), plain.cast(pa.string_view()),
               pa.chunked_array([plain]).dictionary_encode()]  # fmt: skip
    for layout in layouts:
        assert normalise(layout).number.tolist() == expected


def test_columns_of_other_types() -> None:
    assert normalise(pa.array([13812345678, None])).number.tolist() == [8613812345678, 0]
    assert normalise(pa.nulls(2)).number.tolist() == [0, 0]
    assert len(normalise(pa.array([], pa.string()))) == 0
    assert len(normalise(pa.chunked_array([], pa.string()))) == 0
    assert normalise(pa.array([b"\xff\xfe", b"110"])).number[1] == 86110
    with pytest.raises(UsageError, match="must be text"):
        normalise(pa.array([1.5]))


def test_hashes_are_the_same_in_another_process_and_forever() -> None:
    assert key("xyz") == -505529165676016939
    assert key("opaque:u1") == -2907736815035110560
    code = "import pyarrow as pa; from fanzha.numbering import normalise; print(normalise(pa.array(['xyz'])).number[0])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) == -505529165676016939


def test_many_irregular_numbers_have_as_many_keys() -> None:
    found = of(*(f"pbx-{n}" for n in range(200_000)))
    assert len(np.unique(found.number)) == 200_000
    assert (found.number < 0).all()
    assert (found.number >= -(2**62)).all()
