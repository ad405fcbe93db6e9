"""The cases of RFC 4475, written anew from what it says each is for: name, message, and what a redirect server may do.

Expected: a code; GO for a well-formed INVITE, which gets its verdict (the sham engine lets it go on); None for silence.

LIBERAL are INVITEs to which the RFC would have, or allows, 400, and which say who calls whom all the same. A redirect
server's 400 stops nothing: the switch goes on, and nobody has judged the call; so whoever is on a list would only have
to write one such line. They are judged, and the verdict names the fault: they go on with it, or get their 400 with a
field that tells an edge of the refusal.
"""

from __future__ import annotations

from messages import message

GO = 404
Case = tuple[str, bytes, int | None]


def _raw(*lines: str, body: str = "") -> bytes:
    return "\r\n".join([*lines, "", body]).encode("utf-8", "surrogateescape")


VALID: list[Case] = [
    (
        "3.1.1.1 wsinv: folding, white space, compact and odd-case names, escaped quotes, leading zeros",
        _raw(
            "INVITE sip:+8613900001234@gw.example.cn;unknown SIP/2.0",
            "TO :",
            " sip:+8613900001234@gw.example.cn ;   tag    = ",
            'from   : "Li \\\\\\""       <sip:+8613812345678@example.cn>',
            "  ;",
            "  tag = 98x",
            "MaX-fOrWaRdS: 0068",
            "Call-ID: ws.1@192.0.2.1",
            "Content-Length   : 3",
            "cseq: 0009",
            "  INVITE",
            "Via  : SIP  /   2.0",
            " /UDP",
            "    192.0.2.2;branch=390x",
            "s :",
            "NewThing:   value",
            " goes on",
            "Strange: ;;,,;;,;",
            "Route:",
            " <sip:s.example.cn;lr;unknownwith=value;unknown-no-value>",
            "v:  SIP  / 2.0  / TCP     sp.example.cn   ;",
            "  branch  =   z9hG4bK9  ,",
            " SIP  /    2.0   / UDP  192.0.2.55   ; branch=",
            " z9hG4bK30",
            'm:"Quoted \\"\\"" <sip:x@example.cn> ; newparam =',
            "      newvalue ;",
            "  second ; q = 0.33",
            body="v=0",
        ),
        GO,
    ),
    (
        "3.1.1.2 intmeth: every character a token may hold, UTF-8 in a name, a method nobody knows",
        _raw(
            "!a-Method0123456789_*+`.%b'~ sip:1_u.-!~*'();&=+$,/%3f:&it+$,/;;:@example.cn SIP/2.0",
            "Via: SIP/2.0/UDP h1.example.cn;branch=z9hG4bK-.!%66*_+`'~",
            'To: "quoted \\" 大停電" <sip:1@example.cn>',
            "From: tk1 a'b <sip:p@example.cn> ;tag=_tk~1'+`*%!-.",
            "Call-ID: int%ZK-!.*_+'@q*`~)(><:\\/\"][?}{",
            "CSeq: 139122385 !a-Method0123456789_*+`.%b'~",
            "Max-Forwards: 255",
            "ext-!.%*+_`'~: 大停電",
            "Content-Length: 0",
        ),
        501,
    ),
    ("3.1.1.3 esc01: escaped characters in the user part", message(uri="sip:%2B8613900001234@gw.example.cn"), GO),
    ("3.1.1.4 escnull: an escaped NUL", message("REGISTER", "sip:null-%00-null@example.cn"), 405),
    ("3.1.1.5 esc02: a percent sign in a method is no escape", message("RE%47IST%45R", "sip:r.example.cn"), 501),
    ("3.1.1.6 lwsdisp: no space between name and bracket", message(**{"from": "x<sip:+861@b.cn>;tag=3"}), GO),
    (
        "3.1.1.7 longreq: long values everywhere",
        message(
            "INVITE",
            "sip:+8613900001234@" + "long" * 60 + ".cn",
            "Unknown-" + "long" * 20 + ": " + "v" * 3000,
            *[f"Via: SIP/2.0/UDP h{at}.example.cn:5060" for at in range(33)],
            call_id="i" * 2000,
        ),
        GO,
    ),
    ("3.1.1.8 dblreq: octets after the body are no second request", message() + message(call_id="other"), GO),
    ("3.1.1.9 semiuri: a user part with parameters", message("OPTIONS", "sip:u;par=u%40e.net@example.cn"), 200),
    ("3.1.1.10 transports: ones nobody knows", message(via="SIP/2.0/UNKNOWN t1.example.cn;branch=z9hG4bK1"), GO),
    ("3.1.1.11 mpart01: a body of many parts", message(body=b"--b\r\n\r\nx\r\n\r\n--b--\x00\xff"), GO),
    ("3.1.1.12 unreason: an answer, to nobody's question", b"SIP/2.0 200 = 2**3 * 5**2\r\nVia: x\r\n\r\n", None),
    ("3.1.1.13 noreason: an answer without a phrase", b"SIP/2.0 100 \r\nVia: x\r\n\r\n", None),
]
INVALID: list[Case] = [
    ("3.1.2.1 badinv01: separators where values should be", message(via="SIP/2.0/UDP 192.0.2.15;;,;,,"), 400),
    ("3.1.2.4 scalar02: numbers beyond their range", message(cseq="36893488147419103232 INVITE"), 400),
    (
        "3.1.2.5 scalarlg: an answer with numbers beyond their range",
        b"SIP/2.0 503 Service Unavailable\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1;ttl=256\r\nTo: <sip:u@e.cn>;tag=1\r\n"
        b"From: <sip:o@e.cn>;tag=2\r\nCall-ID: s.0\r\nCSeq: 9292394834772304023312 OPTIONS\r\n"
        b'Retry-After: 949302838503028349304023988\r\nWarning: 1812 overture "In Progress"\r\n\r\n',
        None,
    ),
    ("3.1.2.11 escruri: headers in the request URI", message(uri="sip:+861@e.cn?Route=%3Csip:x%3E"), GO),
    ("3.1.2.12 baddate: a date in another zone", message("INVITE", "sip:+861@e.cn", "Date: Fri 01 Jan 2010 EST"), GO),
    (
        "3.1.2.13 regbadct: a Contact with headers unbracketed",
        message("REGISTER", "sip:e.cn", "m: sip:u@e.cn?R=1"),
        405,
    ),
    ("3.1.2.14 badaspec: spaces within a bracketed address", message(to='"W" <sip:t. w@e.cn>'), GO),
    ("3.1.2.15 baddn: a bare display name that is no token", message(**{"from": "B. @ <sip:+861@e.cn>;tag=1"}), GO),
    ("3.1.2.16 badvers: SIP/7.0", message().replace(b"SIP/2.0\r\n", b"SIP/7.0\r\n", 1), 505),
    ("3.1.2.17 mismatch01: CSeq names another method", message("OPTIONS", cseq="8 INVITE"), 400),
    ("3.1.2.18 mismatch02: and of one nobody knows", message("NEWMETHOD", cseq="8 INVITE"), 400),
    ("3.1.2.19 bigcode: an answer with a code too large", b"SIP/2.0 4294967301 x\r\nVia: y\r\n\r\n", None),
    ("3.2.1 badbranch: only the magic cookie", message(via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"), GO),
    ("3.3.1 insuf: From, To and Call-ID missing", message(drop=("From", "To", "Call-ID")), 400),
    ("3.3.2 unkscm: a scheme nobody knows", message(uri="nobodyKnowsThisScheme:totallyopaquecontent"), 416),
    ("3.3.3 novelsc: a registered scheme that is not SIP's", message(uri="soap.beep://192.0.2.103:3002"), 416),
    ("3.3.4 unksm2: other schemes in From and To", message(**{"from": "<http://www.e.cn>;tag=1", "to": "isbn:29"}), GO),
    ("3.3.5 bext01: required extensions nobody knows", message("OPTIONS", "sip:e.cn", "Require: nothing"), 420),
    ("3.3.6 invut: a body of an unknown type", message("INVITE", "sip:+861@e.cn", "Content-Type: application/x"), GO),
    (
        "3.3.7 regaut01: credentials of a scheme nobody knows",
        message("REGISTER", "sip:e.cn", "Authorization: NoOneKnowsThisScheme opaque-data=here"),
        405,
    ),
    ("3.3.10 bcast: an answer with a foreign Via", b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198\r\n\r\n", None),
    ("3.3.11 zeromf: no hops left, and none needed", message("OPTIONS", "sip:e.cn", max_forwards="0"), 200),
    ("3.3.13 cparam01: a Contact with unknown parameters", message("REGISTER", "sip:e.cn", "m: sip:+19@e.cn;x"), 405),
    ("3.3.14 cparam02: another one with its own", message("REGISTER", "sip:e.cn", "m: <sip:+19@e.cn;x>;y"), 405),
    ("3.3.15 regescrt: escaped headers in a Contact", message("REGISTER", "sip:e.cn", "m: <sip:u@e.cn?R=%3C>"), 405),
    (
        "3.3.16 sdp01: a body the INVITE will not have back",
        message("INVITE", "sip:+861@e.cn", "Accept: text/nobody"),
        GO,
    ),
    ("3.4.1 inv2543: as RFC 2543 wrote them", message(via="SIP/2.0/UDP 127.0.0.1", drop=("Max-Forwards",)), GO),
]
LIBERAL: list[Case] = [
    ("3.1.2.2 clerr: less body than Content-Length says", message(content_length="9999"), GO),
    ("3.1.2.3 ncl: a negative Content-Length", message(content_length="-999"), GO),
    ("3.1.2.6 quotbal: a quote that is never closed", message(to='"Mr. <sip:+861@e.cn>'), GO),
    ("3.1.2.7 ltgtruri: brackets around the request URI", message(uri="<sip:+8613900001234@e.cn>"), GO),
    ("3.1.2.8 lwsruri: white space within it", message(uri="sip:+861@e.cn; lr"), GO),
    ("3.1.2.9 lwsstart: more than one space in the first line", message("INVITE ", cseq="1 INVITE"), GO),
    ("3.1.2.10 trws: white space after the version", message().replace(b"SIP/2.0\r\n", b"SIP/2.0  \r\n", 1), GO),
    ("3.3.8 multi01: single fields that stand twice", message("INVITE", "sip:+861@e.cn", "CSeq: 7 INVITE"), GO),
    ("3.3.9 mcl01: two Content-Lengths that disagree", message("INVITE", "sip:+861@e.cn", "l: 5", body=b"12"), GO),
]
