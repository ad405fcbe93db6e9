-- The same counters as the profile kernel's, after every call, in one DuckDB query over calls `calls`.
with events as (
    select caller as key, callee as peer, epoch(started)::bigint as t, seq, true as out, answered is not null as got,
        talk_ms // 1000 as talk, ring_ms // 1000 as ring, caller_imei as gear, forwarded_from is not null as fwd
    from calls where caller is not null
    union all
    select callee, caller, epoch(started)::bigint, seq, false, answered is not null, talk_ms // 1000, ring_ms // 1000,
        callee_imei, forwarded_from is not null
    from calls
),
ordered as (
    select *,
        row_number() over (partition by key, peer order by t, seq) = 1 and out as new,
        lag(peer) over (partition by key, out order by t, seq) as peer_before,
        lag(gear) over (partition by key order by t, seq) as gear_before,
        max(case when out then t end) over (
            partition by key, peer order by t, seq rows between unbounded preceding and 1 preceding) as called
    from events
),
marked as (
    select key, peer, t, seq, out, got, talk, new, fwd,
        out and got and talk <= 10 as short,
        out and not got and ring <= 5 as hangup,
        out and peer <> peer_before and abs(peer - peer_before) <= 100 as step,
        gear <> gear_before as switch,
        not out and t - called <= 86400 as callback
    from ordered
)
select key, seq, {columns}
from marked
window {windows}
