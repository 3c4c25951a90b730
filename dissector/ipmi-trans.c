/* ipmi-trans.c
 * Which requests at different places are the same command.
 *
 * A request looks the same wherever it is seen, so one that arrives is compared
 * with those that are on their way. As hosts ask their BMCs the same things all
 * the time that is not enough if the capture has several machines; but a device
 * has one device that it talks to, and so a request that can have come from but
 * one place tells where the next will come from. A route is the stations that
 * belong together, at most one of each place.
 *
 * A request that two routes could have brought is given to the one that has
 * waited longest, and given back if it turns out that it came from the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ws-compat.h"

#include <math.h>

#include <epan/packet.h>

#include "ipmi-match.h"
#include "ipmi-point.h"
#include "ipmi-trans.h"

/* Requests of a station that others are compared with. */
#define RECENT  32

/* Seconds for which a request can have been on its way to a station that is not
 * known to be of its route. */
#define TRAVEL_TIME  10

/* Seconds by which two machines' clocks can differ for a command to be found
 * that is over at one place before the other has it. */
#define CLOCK_DIFFERENCE  1

/* If requests are earlier where they should be later, or over, it may be that
 * clocks differ. Then all are as far apart but for so many seconds; and before that
 * is known so many in a row have to be the same, unless they are no more apart than
 * that. */
#define JITTER  0.002
#define RUN     3

/* Requests after which a station that has no neighbours will not get any. */
#define UNKNOWN_FOR  8

/* How well it is known that two neighbours of a route are. */
#define TRUST_FIRST  2
#define TRUST_STEP   2
#define TRUST_MAX    8

typedef struct {
    ipmi_station *at[IPMI_PLACES];      /* or NULL */
} ipmi_route;

struct ipmi_station {
    ipmi_place  place;
    ws_bool     wire_seq;       /* its sequence numbers are those of the wire */
    const char *machine;        /* that it is of, or NULL */
    ipmi_route *route;
    guint8      trust;          /* in the route's next station towards the host */
    double      behind;         /* by how many seconds a request was later here */
    guint32     requests;       /* seen so far */
    guint32     hashes[RECENT]; /* of the requests below */
    ipmi_transaction *recent[RECENT];   /* [requests % RECENT] is the oldest */
};

/* A command that a request can belong to, and where it was seen. */
typedef struct {
    ipmi_station     *station;
    ipmi_transaction *transaction;
} candidate;

static wmem_array_t *stations;          /* of ipmi_station * */
static guint stations_at[IPMI_PLACES];
static guint places;                    /* that have any */
static guint32 trans_count;

static void
forget_file(void)
{
    stations = NULL;
    memset(stations_at, 0, sizeof stations_at);
    places = 0;
    trans_count = 0;
}

void
ipmi_trans_init(void)
{
    register_cleanup_routine(forget_file);
}

/* The latest request of a station but n. */
static ipmi_transaction *
recent(const ipmi_station *station, guint n)
{
    return station->recent[(station->requests - 1 - n) % RECENT];
}

static guint
recent_count(const ipmi_station *station)
{
    return MIN(station->requests, RECENT);
}

static void
trans_add(struct ipmi_trans *trans, const ipmi_station *station,
          ipmi_transaction *transaction)
{
    trans->at[station->place] = transaction;
    trans->numbered |= station->wire_seq << station->place;
    transaction->trans = trans;
}

static struct ipmi_trans *
trans_new(ipmi_station *station, ipmi_transaction *transaction)
{
    struct ipmi_trans *trans = wmem_new0(wmem_file_scope(), struct ipmi_trans);

    trans->id = trans_count++;
    trans_add(trans, station, transaction);
    return trans;
}

/* What came before there was anything to join it with. */
static void
catch_up(void)
{
    for (guint i = 0; i < wmem_array_get_count(stations); i++) {
        ipmi_station *station =
            *(ipmi_station **)wmem_array_index(stations, i);

        for (guint n = recent_count(station); n-- > 0; ) {
            if (!recent(station, n)->trans) {
                trans_new(station, recent(station, n));
            }
        }
    }
}

static ipmi_place
place_of(const ipmi_point *point, ws_bool registers)
{
    ws_bool bmc = point && point->side == IPMI_POINT_BMC;

    if (registers) {
        return bmc ? IPMI_BMC_REGISTERS : IPMI_HOST_REGISTERS;
    }
    if (!point || point->side == IPMI_POINT_UNKNOWN) {
        return IPMI_TAP;
    }
    return bmc ? IPMI_BMC_WIRE : IPMI_HOST_WIRE;
}

ipmi_station *
ipmi_station_new(const ipmi_point *point, ws_bool registers, ws_bool with_seq)
{
    ipmi_station *station = wmem_new0(wmem_file_scope(), ipmi_station);

    station->place = place_of(point, registers);
    station->wire_seq = !registers ||
                        (station->place == IPMI_BMC_REGISTERS && with_seq);
    station->machine = point ? point->machine : NULL;
    station->route = wmem_new0(wmem_file_scope(), ipmi_route);
    station->route->at[station->place] = station;

    if (!stations) {
        stations = wmem_array_new(wmem_file_scope(), sizeof station);
    }
    wmem_array_append_one(stations, station);
    if (stations_at[station->place]++ == 0 && ++places > 1) {
        catch_up();
    }
    return station;
}

/* Whether two places are of one emulator. */
static ws_bool
same_emulator(ipmi_place a, ipmi_place b)
{
    return a != IPMI_TAP && b != IPMI_TAP && (a < IPMI_TAP) == (b < IPMI_TAP);
}

static ws_bool
can_be_neighbours(const ipmi_station *a, const ipmi_station *b)
{
    return !same_emulator(a->place, b->place) || !a->machine || !b->machine ||
           strcmp(a->machine, b->machine) == 0;
}

/* Whether all stations of two routes could be of one. */
static ws_bool
can_be_one(const ipmi_route *a, const ipmi_route *b)
{
    for (guint i = 0; i < IPMI_PLACES; i++) {
        for (guint k = 0; a->at[i] && k < IPMI_PLACES; k++) {
            if (b->at[k] && (i == k || !can_be_neighbours(a->at[i], b->at[k]))) {
                return 0;
            }
        }
    }
    return 1;
}

/* The next station of a route beyond a place, or NULL. */
static ipmi_station *
next_to_host(const ipmi_route *route, ipmi_place place)
{
    for (int i = (int)place - 1; i >= 0; i--) {
        if (route->at[i]) {
            return route->at[i];
        }
    }
    return NULL;
}

static ipmi_station *
next_to_bmc(const ipmi_route *route, ipmi_place place)
{
    for (guint i = place + 1; i < IPMI_PLACES; i++) {
        if (route->at[i]) {
            return route->at[i];
        }
    }
    return NULL;
}

/* Which way to look from a station. */
typedef enum {
    TO_HOST = -1,
    TO_BMC = 1
} direction;

static ipmi_station *
next_to(direction to, const ipmi_route *route, ipmi_place place)
{
    return to == TO_HOST ? next_to_host(route, place)
                         : next_to_bmc(route, place);
}

/* Nothing can be found elsewhere for the first station of a route that has one of
 * each place. */
static ws_bool
is_first_of_all(const ipmi_station *station)
{
    for (guint i = 0; i < IPMI_PLACES; i++) {
        if (stations_at[i] && !station->route->at[i]) {
            return 0;
        }
    }
    return !next_to_host(station->route, station->place);
}

/* Takes a route apart: station and what lies towards the BMC get their own. */
static void
route_cut(ipmi_station *station)
{
    ipmi_route *old = station->route;
    ipmi_route *route = wmem_new0(wmem_file_scope(), ipmi_route);

    for (guint i = station->place; i < IPMI_PLACES; i++) {
        route->at[i] = old->at[i];
        old->at[i] = NULL;
        if (route->at[i]) {
            route->at[i]->route = route;
        }
    }
    station->trust = 0;
}

static void
route_merge(ipmi_route *into, const ipmi_route *from)
{
    for (guint i = 0; i < IPMI_PLACES; i++) {
        if (from->at[i]) {
            into->at[i] = from->at[i];
            into->at[i]->route = into;
        }
    }
}

/* Which transactions match. */

static ws_bool
is_waiting(const ipmi_transaction *transaction)
{
    return !transaction->response_frame && !transaction->cutoff;
}

/* Seconds from one request to another. */
static double
time_from(const ipmi_transaction *a, const ipmi_transaction *b)
{
    nstime_t time;

    nstime_delta(&time, &b->request_time, &a->request_time);
    return nstime_to_sec(&time);
}

static double
time_between(const ipmi_transaction *a, const ipmi_transaction *b)
{
    return fabs(time_from(a, b));
}

static ws_bool
is_same_command(const ipmi_transaction *a, const ipmi_transaction *b)
{
    return a->hash == b->hash && a->netfn_lun == b->netfn_lun &&
           a->cmd == b->cmd;
}

/* The number that a candidate has on the wire, or -1. */
static int
wire_seq_of(const candidate *of)
{
    const struct ipmi_trans *trans = of->transaction->trans;

    for (guint i = 0; trans && i < IPMI_PLACES; i++) {
        if (trans->numbered >> i & 1) {
            return trans->at[i]->seq;
        }
    }
    return of->station->wire_seq ? of->transaction->seq : -1;
}

/* Whether a request could be that of a candidate. */
static ws_bool
is_same(const ipmi_station *station, const ipmi_transaction *transaction,
        const candidate *other)
{
    int seq;

    if (!is_same_command(transaction, other->transaction)) {
        return 0;
    }
    seq = wire_seq_of(other);
    return seq < 0 || !station->wire_seq || seq == transaction->seq;
}

/* Where else the transaction of a candidate was seen, next to a place. */
static const ipmi_transaction *
neighbour(const candidate *of, ipmi_place place, direction to)
{
    const struct ipmi_trans *trans = of->transaction->trans;

    for (int i = (int)place + to; i >= 0 && i < IPMI_PLACES; i += to) {
        if (trans ? trans->at[i] != NULL : i == (int)of->station->place) {
            return trans ? trans->at[i] : of->transaction;
        }
    }
    return NULL;
}

typedef enum {
    TOO_LATE,
    BY_THE_CLOCKS,  /* it is over, but the clocks may differ so much */
    IN_TIME
} timing;

/* Whether a request can have come to a candidate's transaction when it did. */
static timing
timing_of(const ipmi_station *station, const ipmi_transaction *transaction,
          const candidate *other)
{
    const ipmi_transaction *neighbours[] = {
        neighbour(other, station->place, TO_HOST),
        neighbour(other, station->place, TO_BMC)
    };
    timing worst = IN_TIME;

    for (guint i = 0; i < array_length(neighbours); i++) {
        const ipmi_transaction *next = neighbours[i];

        if (!next || is_waiting(next)) {
            continue;
        }
        if (same_emulator(station->place, other->station->place) ||
            time_between(next, transaction) > CLOCK_DIFFERENCE) {
            return TOO_LATE;
        }
        worst = BY_THE_CLOCKS;
    }
    return worst;
}

static ws_bool
has_place(const ipmi_transaction *transaction, ipmi_place place)
{
    return transaction->trans && transaction->trans->at[place];
}

/* Joining. */

/* By how many seconds a request was later towards the BMC. */
static double
time_behind(const ipmi_station *station, const ipmi_transaction *transaction,
            const candidate *other)
{
    return station->place > other->station->place
               ? time_from(other->transaction, transaction)
               : time_from(transaction, other->transaction);
}

static ipmi_station *
towards_bmc(ipmi_station *a, ipmi_station *b)
{
    return a->place > b->place ? a : b;
}

static void
note_time(ipmi_station *station, const ipmi_transaction *transaction,
          const candidate *other)
{
    towards_bmc(station, other->station)->behind =
        time_behind(station, transaction, other);
}

static void
join(ipmi_station *station, ipmi_transaction *transaction,
     const candidate *other)
{
    struct ipmi_trans *trans = other->transaction->trans;

    note_time(station, transaction, other);
    trans_add(trans ? trans : trans_new(other->station, other->transaction),
              station, transaction);
}

/* The command that a station of the same route waits for this one to take: what
 * went before one that it has taken will not come any more. Of several the first,
 * as devices keep requests in order. */
static ws_bool
find_at(ipmi_station *station, const ipmi_transaction *transaction,
        ipmi_station *at, candidate *found)
{
    double behind = towards_bmc(station, at)->behind;
    timing best = TOO_LATE;

    for (guint n = 0; n < recent_count(at); n++) {
        const candidate other = { at, recent(at, n) };
        timing time;

        if (has_place(other.transaction, station->place)) {
            if (other.transaction->trans->guessed) {
                continue;
            }
            break;
        }
        if (is_same(station, transaction, &other)) {
            time = timing_of(station, transaction, &other);
            if (time == BY_THE_CLOCKS &&
                fabs(time_behind(station, transaction, &other) - behind) >
                    JITTER) {
                continue;
            }
            if (time != TOO_LATE && time >= best) {
                best = time;
                *found = other;
            }
        }
    }
    return best != TOO_LATE;
}

/* Whether another station can have had a request before this one, which next is
 * the neighbour of. One that is nearer to the BMC can by a clock that differs, but
 * not if a request comes by next before. */
static ws_bool
can_have_had(const ipmi_station *station, const ipmi_station *at,
             const ipmi_station *next)
{
    return at->place < station->place ||
           (!same_emulator(at->place, station->place) &&
            (at == next || (at->wire_seq && station->wire_seq)));
}

/* A station trusts a neighbour the less the more requests come to it that the
 * neighbour has not had. */
static ws_bool
find_on_route(ipmi_station *station, const ipmi_transaction *transaction,
              direction to, candidate *found)
{
    ipmi_station *next = next_to(to, station->route, station->place);
    ipmi_station *trusted = to == TO_HOST ? station : next;

    for (ipmi_station *at = next; at;
         at = next_to(to, station->route, at->place)) {
        if (!can_have_had(station, at, next)) {
            break;
        }
        if (find_at(station, transaction, at, found)) {
            trusted->trust = MIN(trusted->trust + TRUST_STEP, TRUST_MAX);
            return 1;
        }
    }
    if (next && to == TO_HOST) {
        station->trust -= station->trust > 0;
        if (station->trust == 0) {
            route_cut(station);
        }
    }
    return 0;
}

/* Gives each of two commands what the other one has from a place on. */
static void
exchange(struct ipmi_trans *a, struct ipmi_trans *b, ipmi_place from)
{
    guint8 moves = (guint8)((a->numbered ^ b->numbered) >> from << from);

    a->numbered ^= moves;
    b->numbered ^= moves;
    for (guint i = from; i < IPMI_PLACES; i++) {
        ipmi_transaction *transaction = a->at[i];

        a->at[i] = b->at[i];
        b->at[i] = transaction;
        if (a->at[i]) {
            a->at[i]->trans = a;
        }
        if (b->at[i]) {
            b->at[i]->trans = b;
        }
    }
}

static ws_bool
are_apart(const struct ipmi_trans *a, const struct ipmi_trans *b)
{
    for (guint i = 0; i < IPMI_PLACES; i++) {
        if (a->at[i] && b->at[i]) {
            return 0;
        }
    }
    return 1;
}

/* Two commands that have no place in common turn out to be one. */
static void
unite(struct ipmi_trans *into, struct ipmi_trans *from)
{
    into->numbered |= from->numbered;
    from->numbered = 0;
    for (guint i = 0; i < IPMI_PLACES; i++) {
        if (from->at[i]) {
            into->at[i] = from->at[i];
            into->at[i]->trans = into;
            from->at[i] = NULL;
        }
    }
}

static ws_bool
has_between(const struct ipmi_trans *trans, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        if (trans->at[i]) {
            return 1;
        }
    }
    return 0;
}

/* Whether a request came when the command was under way nearer to the host. */
static ws_bool
is_inside(const ipmi_station *bmc_side, const ipmi_transaction *transaction,
          const candidate *outer)
{
    const ipmi_transaction *other = outer->transaction;

    if (bmc_side->wire_seq && outer->station->wire_seq) {
        return time_between(other, transaction) < CLOCK_DIFFERENCE;
    }
    return nstime_cmp(&other->request_time, &transaction->request_time) <= 0 &&
           (!other->response_frame ||
            nstime_cmp(&transaction->request_time,
                       &other->response_time) <= 0);
}

/* Puts a command right of which host_side has the rest, as is known now. */
static void
look_back_from(ipmi_station *bmc_side, ipmi_transaction *transaction,
               ipmi_station *host_side)
{
    struct ipmi_trans *trans = transaction->trans;

    if (!trans->guessed && has_between(trans, 0, bmc_side->place)) {
        return;
    }
    for (guint n = recent_count(host_side); n-- > 0; ) {
        const candidate other = { host_side, recent(host_side, n) };
        struct ipmi_trans *right = other.transaction->trans;

        if (!is_same(bmc_side, transaction, &other) ||
            !is_inside(bmc_side, transaction, &other)) {
            continue;
        }
        if (right != trans && are_apart(right, trans)) {
            unite(right, trans);
        } else if (right != trans) {
            if (!right->guessed &&
                has_between(right, bmc_side->place, IPMI_PLACES)) {
                continue;
            }
            exchange(trans, right, bmc_side->place);
        }
        right->guessed = 0;
        return;
    }
}

/* Two stations are found to be neighbours: puts right what was guessed before
 * that was known, and joins what could not be. */
static void
become_neighbours(ipmi_station *a, ipmi_station *b)
{
    ipmi_station *bmc_side = towards_bmc(a, b);
    ipmi_station *host_side = bmc_side == a ? b : a;

    route_merge(host_side->route, bmc_side->route);
    bmc_side->trust = TRUST_FIRST;
    for (guint n = recent_count(bmc_side); n-- > 0; ) {
        look_back_from(bmc_side, recent(bmc_side, n), host_side);
    }
}

/* A request came to a station from where none should, if its neighbours are who
 * they were thought to be. Returns whether they are not. */
static ws_bool
stop_trusting(ipmi_station *a, ipmi_station *b)
{
    ipmi_station *bmc_side = towards_bmc(a, b);
    ipmi_station *host_side = bmc_side == a ? b : a;
    ipmi_station *former = next_to_bmc(host_side->route, host_side->place);

    bmc_side->trust /= 2;
    if (former) {
        former->trust /= 2;
    }
    if (bmc_side->trust || (former && former->trust)) {
        return 0;
    }
    route_cut(bmc_side);
    if (former) {
        route_cut(former);
    }
    return 1;
}

/* How much speaks for a candidate of another route. */
typedef enum {
    NOTHING,
    AGAINST_TRUST,      /* one of the two has another neighbour */
    DESPITE_CLOCKS,     /* see BY_THE_CLOCKS */
    CONTENT,            /* and time */
    MORE                /* the wire's number, or both are of one emulator */
} evidence;

/* What is found at stations of other routes. */
typedef struct {
    candidate best;
    evidence  evidence;
    ws_bool   ambiguous;
} search_result;

/* Whether a station may turn out to lie between two, so that the request has to
 * come by there: any does, if the one towards the BMC has had the request first. */
static ws_bool
is_another_between(const ipmi_station *latest, const ipmi_station *earlier)
{
    ws_bool reverse = latest->place < earlier->place;
    ipmi_place first = reverse ? latest->place : earlier->place;
    ipmi_place last = reverse ? earlier->place : latest->place;

    for (guint i = 0; i < wmem_array_get_count(stations); i++) {
        const ipmi_station *other =
            *(ipmi_station **)wmem_array_index(stations, i);

        if (other->place > first && other->place < last &&
            (reverse || (other->requests < UNKNOWN_FOR &&
                         can_be_one(other->route, latest->route) &&
                         can_be_one(other->route, earlier->route)))) {
            return 1;
        }
    }
    return 0;
}

/* Whether what went before a request and before the latest one but n of another
 * station is the same too, and as far apart. */
static ws_bool
is_run(const ipmi_station *station, const ipmi_transaction *transaction,
       const ipmi_station *other, guint n)
{
    double apart = time_from(transaction, recent(other, n));

    if (recent_count(station) < RUN || recent_count(other) <= n + RUN) {
        return 0;
    }
    for (guint i = 0; i < RUN; i++) {
        const ipmi_transaction *a = recent(station, i);
        const ipmi_transaction *b = recent(other, n + 1 + i);

        if (!is_same_command(a, b) || a->seq != b->seq ||
            fabs(time_from(a, b) - apart) > JITTER) {
            return 0;
        }
    }
    return 1;
}

/* How much speaks for a candidate, which is the latest request of its station but
 * n. */
static evidence
evidence_of(const ipmi_station *station, const ipmi_transaction *transaction,
            const candidate *other, guint n)
{
    ws_bool fits, numbered;

    if (has_place(other->transaction, station->place) ||
        !is_same(station, transaction, other)) {
        return NOTHING;
    }
    fits = can_be_one(station->route, other->station->route);
    numbered = station->wire_seq && wire_seq_of(other) >= 0;
    if (!numbered && is_another_between(station, other->station)) {
        return NOTHING;
    }
    switch (timing_of(station, transaction, other)) {
    case IN_TIME:
        if (station->place < other->station->place &&
            time_between(other->transaction, transaction) > JITTER &&
            !is_run(station, transaction, other->station, n)) {
            return NOTHING;
        }
        if (!fits) {
            return AGAINST_TRUST;
        }
        return numbered || same_emulator(station->place, other->station->place)
                   ? MORE : CONTENT;
    case BY_THE_CLOCKS:
        return fits && numbered &&
               is_run(station, transaction, other->station, n)
                   ? DESPITE_CLOCKS : NOTHING;
    default:
        return NOTHING;
    }
}

/* Which of two candidates it is more likely to be: as a rule the one that has
 * waited longer. A host's registers hand a request to its wire at once. */
static ws_bool
is_likelier(const ipmi_station *station, const candidate *a, const candidate *b)
{
    int order = nstime_cmp(&a->transaction->request_time,
                           &b->transaction->request_time);

    return station->place == IPMI_HOST_WIRE &&
           a->station->place == IPMI_HOST_REGISTERS ? order > 0 : order < 0;
}

static void
search_at(const ipmi_station *station, const ipmi_transaction *transaction,
          ipmi_station *at, search_result *result)
{
    for (guint n = 0; n < recent_count(at); n++) {
        candidate other;
        evidence speaks;

        if (at->hashes[(at->requests - 1 - n) % RECENT] != transaction->hash) {
            continue;
        }
        other.station = at;
        other.transaction = recent(at, n);
        speaks = evidence_of(station, transaction, &other, n);
        if (speaks == NOTHING) {
            continue;
        }
        if (speaks > result->evidence) {
            result->evidence = speaks;
            result->ambiguous = 0;
            result->best = other;
        } else if (speaks == result->evidence) {
            result->ambiguous = 1;
            if (is_likelier(station, &other, &result->best)) {
                result->best = other;
            }
        }
        return;
    }
}

/* Whether a station of another route is the one that would be a neighbour, and
 * may have what is looked for. */
static ws_bool
is_worth_search(const ipmi_station *station,
                const ipmi_transaction *transaction, direction to,
                const ipmi_station *at)
{
    const ipmi_station *between;

    if (at->route == station->route || !at->requests ||
        !can_have_had(station, at, at) ||
        (to == TO_HOST ? at->place >= station->place
                       : at->place <= station->place) ||
        !can_be_neighbours(station, at)) {
        return 0;
    }
    between = next_to(to == TO_HOST ? TO_BMC : TO_HOST, at->route, at->place);
    if (between && (between->place < station->place) == (to == TO_HOST)) {
        return 0;
    }
    return time_between(recent(at, 0), transaction) < TRAVEL_TIME;
}

static void
search_elsewhere(const ipmi_station *station,
                 const ipmi_transaction *transaction, direction to,
                 search_result *result)
{
    for (guint i = 0; i < wmem_array_get_count(stations); i++) {
        ipmi_station *at = *(ipmi_station **)wmem_array_index(stations, i);

        if (is_worth_search(station, transaction, to, at)) {
            search_at(station, transaction, at, result);
        }
    }
}

/* What a station's request was found to be, in one direction. */
typedef struct {
    candidate found;
    ws_bool   is_found;
    ws_bool   guessed;
    ws_bool   new_neighbour;
} finding;

static finding
find(ipmi_station *station, const ipmi_transaction *transaction, direction to)
{
    search_result result = { { NULL, NULL }, NOTHING, 0 };
    finding what = { { NULL, NULL }, 0, 0, 0 };

    if (find_on_route(station, transaction, to, &what.found)) {
        what.is_found = 1;
    } else if (!next_to(to, station->route, station->place)) {
        search_elsewhere(station, transaction, to, &result);
        what.found = result.best;
        what.is_found = result.evidence > AGAINST_TRUST;
        what.guessed = what.is_found && result.ambiguous;
        what.new_neighbour = what.is_found && !result.ambiguous;
    }
    return what;
}

/* Finds what speaks against what was thought to be known. */
static finding
find_against_trust(ipmi_station *station, const ipmi_transaction *transaction)
{
    search_result result = { { NULL, NULL }, NOTHING, 0 };
    finding what = { { NULL, NULL }, 0, 0, 0 };

    search_elsewhere(station, transaction, TO_HOST, &result);
    search_elsewhere(station, transaction, TO_BMC, &result);
    if (result.evidence == AGAINST_TRUST && !result.ambiguous &&
        stop_trusting(station, result.best.station)) {
        what.found = result.best;
        what.is_found = what.new_neighbour = 1;
    }
    return what;
}

static void
conclude(ipmi_station *station, ipmi_transaction *transaction,
         const finding *what)
{
    if (what->guessed) {
        transaction->trans->guessed = 1;
    } else if (what->new_neighbour &&
               can_be_one(station->route, what->found.station->route)) {
        become_neighbours(station, what->found.station);
    }
}

/* If the clocks differ, what lies towards the BMC can have a request first. */
static ws_bool
join_rest(ipmi_station *station, ipmi_transaction *transaction,
          const candidate *other)
{
    struct ipmi_trans *rest = other->transaction->trans;

    if (!are_apart(transaction->trans, rest)) {
        return 0;
    }
    note_time(station, transaction, other);
    unite(transaction->trans, rest);
    return 1;
}

static void
join_request(ipmi_station *station, ipmi_transaction *transaction)
{
    finding to_host = find(station, transaction, TO_HOST);
    finding to_bmc = find(station, transaction, TO_BMC);

    if (!to_host.is_found && !to_bmc.is_found && !is_first_of_all(station)) {
        to_host = find_against_trust(station, transaction);
    }
    if (to_host.is_found) {
        join(station, transaction, &to_host.found);
        conclude(station, transaction, &to_host);
        if (to_bmc.is_found &&
            join_rest(station, transaction, &to_bmc.found)) {
            conclude(station, transaction, &to_bmc);
        }
    } else if (to_bmc.is_found) {
        join(station, transaction, &to_bmc.found);
        conclude(station, transaction, &to_bmc);
    } else {
        trans_new(station, transaction);
    }
}

void
ipmi_trans_request(ipmi_station *station, ipmi_transaction *transaction)
{
    if (places > 1) {
        join_request(station, transaction);
    }
    station->hashes[station->requests % RECENT] = transaction->hash;
    station->recent[station->requests % RECENT] = transaction;
    station->requests++;
}

static ws_bool
is_answered_further_in(const struct ipmi_trans *trans, ipmi_place place)
{
    for (guint i = place + 1; i < IPMI_PLACES; i++) {
        if (trans->at[i] && trans->at[i]->response_frame) {
            return 1;
        }
    }
    return 0;
}

/* Responses come out in the order in which they go in, so one that comes out for
 * a request of which there is none yet further in, but for another one there
 * is, shows that the two were mixed up. */
static ws_bool
exchange_if_mixed_up(const ipmi_station *station, ipmi_transaction *transaction,
                     ipmi_station *further_in)
{
    const candidate answered = { (ipmi_station *)station, transaction };

    for (guint n = 0; n < recent_count(further_in); n++) {
        ipmi_transaction *response = recent(further_in, n);
        struct ipmi_trans *trans = response->trans;

        if (response->response_frame && trans != transaction->trans &&
            trans->at[station->place] &&
            is_waiting(trans->at[station->place]) &&
            is_same(further_in, response, &answered)) {
            exchange(trans, transaction->trans, further_in->place);
            return 1;
        }
    }
    return 0;
}

void
ipmi_trans_response(ipmi_station *station, ipmi_transaction *transaction)
{
    struct ipmi_trans *trans = transaction->trans;
    ipmi_station *next;

    if (!trans || is_answered_further_in(trans, station->place)) {
        return;
    }
    next = next_to_bmc(station->route, station->place);
    if (next && exchange_if_mixed_up(station, transaction, next)) {
        return;
    }
    for (guint i = 0; trans->guessed && i < wmem_array_get_count(stations);
         i++) {
        ipmi_station *other = *(ipmi_station **)wmem_array_index(stations, i);

        if (other->place > station->place &&
            exchange_if_mixed_up(station, transaction, other)) {
            return;
        }
    }
}
