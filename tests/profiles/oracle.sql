-- The fields after every event, in plain SQL: no rings, no sums, no state. `events` has key, peer, t, talk, ring, seq,
-- out, answered, far, forwarded, gear.
with ordered as (
    select *,
        max(t) over past as clock,
        coalesce(row_number() over (partition by key, peer order by seq), 0) as meeting,
        max(case when out then t end) over (
            partition by key, peer order by seq rows between unbounded preceding and 1 preceding) as called,
        last_value(case when gear <> 0 then gear end ignore nulls) over (
            partition by key order by seq rows between unbounded preceding and 1 preceding) as gear_before,
        last_value(case when out then peer end ignore nulls) over (
            partition by key order by seq rows between unbounded preceding and 1 preceding) as peer_before
    from events
    window past as (partition by key order by seq rows between unbounded preceding and current row)
),
marked as (
    select *,
        out and answered and talk <= 10 as short,
        out and not answered and ring <= 5 as hangup,
        out and peer <> 0 and meeting = 1 as new,
        out and peer > 0 and peer_before > 0 and peer <> peer_before and abs(peer - peer_before) <= 100 as step,
        gear <> 0 and gear_before is not null and gear <> gear_before as switch,
        not out and peer <> 0 and called is not null and t - called between 0 and 86400 as callback
    from ordered
),
windows(suffix, size, buckets, shift) as (
    values ('5m', 60, 5, 0), ('1h', 300, 12, 0), ('24h', 3600, 24, 0), ('7d', 86400, 7, 28800), ('30d', 86400, 30, 28800)
),
pairs as (
    select e.key, e.seq, w.suffix, p.* exclude (key, seq)
    from marked e cross join windows w
    join marked p on p.key = e.key and p.seq <= e.seq
        and (e.clock + w.shift) // w.size - (p.t + w.shift) // w.size < w.buckets
),
latest as (
    select e.key, e.seq, w.suffix, p.peer, max(p.t) as t, any_value(e.clock) as clock,
        any_value(w.size) as size, any_value(w.buckets) as buckets, any_value(w.shift) as shift
    from marked e cross join windows w
    join marked p on p.key = e.key and p.seq <= e.seq and p.out and p.peer <> 0
    group by e.key, e.seq, w.suffix, p.peer
),
contacts as (
    select key, seq, suffix, count(*) filter (where (clock + shift) // size - (t + shift) // size < buckets) as contacts
    from latest group by all
)
select key, seq, suffix,
    count(*) filter (where out) as out,
    count(*) filter (where out and answered) as out_answered,
    count(*) filter (where short) as out_short,
    count(*) filter (where hangup) as out_hangup,
    count(*) filter (where new) as out_new,
    coalesce(any_value(contacts.contacts), 0) as contacts,
    count(*) filter (where step) as out_steps,
    count(*) filter (where switch) as out_switches,
    count(*) filter (where out and far) as out_far,
    count(*) filter (where not out) as in,
    count(*) filter (where not out and answered) as in_answered,
    count(*) filter (where callback) as callbacks,
    count(*) filter (where forwarded) as forwarded,
    coalesce(sum(talk) filter (where out), 0) as talk_out,
    coalesce(sum(talk) filter (where not out), 0) as talk_in
from pairs left join contacts using (key, seq, suffix)
group by key, seq, suffix
