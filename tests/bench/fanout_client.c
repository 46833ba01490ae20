/* Many WebSocket clients in one process, one thread, one epoll: opens them, joins, publishes, and checks what arrives.
 *
 * Compiled by tests/bench/fanout_client.py and driven by lines on standard input; answers with a line of JSON each:
 *   open N            N sockets, shaken hands and joined
 *   measure RATE WARM SECONDS   events are published; counts, order and latency of those after the warm-up
 *   wait SECONDS      keeps reading and answering pings; tells which sockets were lost meanwhile
 *   shut              closes all sockets politely
 *   marks VALUE WITHIN   waits until every socket has seen the mark VALUE
 *   quit
 * With --reconnect a lost socket comes back as static/js/live.js does: pauses by chance and by the time away,
 * and not before the server's `bye` allowed. Latency is from the moment of sending, which stands in the event, to its recv.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include "fanout_wire.h"
#include "fanout_publish.h"

enum state { SHUT, CONNECTING, SHAKING, JOINING, READY };
static const uint64_t CALM_NS = 5000000000u;  /* in for so long: the next pause is short again */
enum { STEP_NS = 10000, STEPS = 3000000, ROOM = 1 << 18, MOST = 100000 };

struct socket {
    int fd;
    enum state state;
    uint8_t *rest;          /* of a frame that is not whole yet */
    size_t have, room;
    long last;              /* number of the last event */
    long long mark;
    uint64_t away_since_ns; /* when the cut began; 0: none */
    uint64_t due_ns;        /* when to connect again */
    uint64_t since_ns;      /* in this state */
    double asked_s;
};

static struct {
    int port, opening, spin, reconnect;
    const char *path, *join, *expect, *mark, *cookie;
    struct publisher publisher;
} set = {.opening = 100, .path = "/", .expect = "", .publisher = {.template = "@N@ @T@"}};

static struct socket *sockets;
static int wanted, poller, ready_count, busy_count;
static uint32_t *latency;
static long first, until, delivered, missing, repeated, lost, refused, attempts;
static int codes[5000];
static uint8_t buffer[ROOM];
static char complaint[300];

static void set_state(struct socket *one, enum state state)
{
    ready_count += (state == READY) - (one->state == READY);
    busy_count += (state > SHUT && state < READY) - (one->state > SHUT && one->state < READY);
    one->state = state;
    one->since_ns = now_ns();
}

static void drop(struct socket *one, int expected)
{
    if (one->fd >= 0) close(one->fd);
    one->fd = -1;
    free(one->rest);
    one->rest = NULL;
    one->have = one->room = 0;
    lost += !expected && one->state == READY;
    if (one->state == READY && now_ns() - one->since_ns > CALM_NS) one->away_since_ns = 0;
    set_state(one, SHUT);
    uint64_t now = now_ns();
    if (!one->away_since_ns) one->away_since_ns = now;
    double away_s = (double)(now - one->away_since_ns) / 1e9;
    double pause_s = drand48() + (away_s < 30 ? away_s : 30) * (0.25 + drand48() / 2);
    if (one->asked_s > pause_s) pause_s = one->asked_s;
    one->asked_s = 0;
    one->due_ns = set.reconnect ? now + (uint64_t)(pause_s * 1e9) : UINT64_MAX;
}

static void say(struct socket *one, int opcode, const void *payload, size_t length)
{
    uint8_t out[4200];
    if (length > 4096) return;
    size_t bytes = put_frame(out, opcode, payload, length);
    if (send(one->fd, out, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) drop(one, 0);
}

static void start(struct socket *one)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)set.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int yes = 1;
    attempts++;
    one->last = -1;
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0) { perror("socket"); exit(2); }
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    set_state(one, CONNECTING);
    if (connect(one->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
        drop(one, 0);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = one};
    epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &event);
}

static void connected(struct socket *one)
{
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) { drop(one, 0); return; }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &event);
    char head[1200];
    int bytes = snprintf(head, sizeof head,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s%s%s"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        set.path, set.port, set.cookie ? "Cookie: " : "", set.cookie ? set.cookie : "", set.cookie ? "\r\n" : "");
    set_state(one, SHAKING);
    if (send(one->fd, head, (size_t)bytes, MSG_NOSIGNAL) != bytes) drop(one, 0);
}

static void joined(struct socket *one)
{
    set_state(one, READY);
}

/* The head of the answer; returns its bytes. */
static size_t shaken(struct socket *one, const uint8_t *data, size_t have)
{
    const uint8_t *end = memmem(data, have, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    if (have < 12 || memcmp(data + 9, "101", 3)) {
        refused++;
        if (!complaint[0]) snprintf(complaint, sizeof complaint, "%.120s", data);
        drop(one, 0);
        return 0;
    }
    if (set.join == NULL) joined(one);
    else {
        set_state(one, JOINING);
        say(one, TEXT, set.join, strlen(set.join));
    }
    return (size_t)(end - data) + 4;
}

static void heard(struct socket *one, const uint8_t *text, size_t length, uint64_t at_ns)
{
    long long sent_ns = number_after(text, length, "\"at\":", 0);
    if (set.mark) {
        long long mark = number_after(text, length, set.mark, 1);
        if (mark >= 0) one->mark = mark;
    }
    if (sent_ns >= 0) {
        long number = (long)(number_after(text, length, "\"n\":", 0) - 100000000);
        if (one->last >= 0 && number != one->last + 1) {
            if (number <= one->last) { repeated++; return; }
            missing += number - one->last - 1;
        }
        one->last = number;
        if (number < first || number >= until) return;
        uint64_t step = (at_ns - (uint64_t)sent_ns) / STEP_NS;
        latency[step < STEPS ? step : STEPS - 1]++;
        delivered++;
    } else if (one->state == JOINING && length >= strlen(set.expect) && !memcmp(text, set.expect, strlen(set.expect))) {
        joined(one);
    } else if (length > 11 && !memcmp(text, "{\"op\":\"bye\"", 11)) {
        const char *key = "\"retry_after_s\":";
        const uint8_t *found = memmem(text, length, key, strlen(key));
        if (found) one->asked_s = strtod((const char *)found + strlen(key), NULL);
    } else if (length > 15 && !memcmp(text, "{\"op\":\"refused\"", 15)) {
        refused++;
        if (!complaint[0]) snprintf(complaint, sizeof complaint, "%.*s", (int)(length < 200 ? length : 200), text);
        drop(one, 0);
    }
}

/* Uses what is whole of `data`; returns how many bytes that were. The socket may be shut afterwards. */
static size_t used(struct socket *one, const uint8_t *data, size_t have, uint64_t at_ns)
{
    size_t at = 0;
    while (one->state != SHUT) {
        struct frame frame = {0, NULL, 0};
        size_t bytes = one->state == SHAKING ? shaken(one, data, have) : take_frame(data + at, have - at, &frame);
        if (bytes == 0) break;
        at += bytes;
        if (at == bytes && data[0] == 'H') continue;
        if (frame.opcode == TEXT) heard(one, frame.payload, frame.length, at_ns);
        else if (frame.opcode == PING) say(one, PONG, frame.payload, frame.length);
        else if (frame.opcode == CLOSE) {
            int code = frame.length >= 2 ? frame.payload[0] << 8 | frame.payload[1] : 1005;
            codes[code < 5000 ? code : 4999]++;
            say(one, CLOSE, frame.payload, frame.length);
            if (one->state != SHUT) drop(one, 0);
        }
    }
    return at;
}

static void readable(struct socket *one)
{
    size_t kept = one->have;
    if (kept > ROOM / 2) { snprintf(complaint, sizeof complaint, "a frame is too long"); drop(one, 0); return; }
    if (kept) memcpy(buffer, one->rest, kept);
    ssize_t got = recv(one->fd, buffer + kept, ROOM - kept, 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) drop(one, 0);
        return;
    }
    size_t have = kept + (size_t)got, at = used(one, buffer, have, now_ns());
    if (one->state == SHUT) return;
    one->have = have - at;
    if (one->have > one->room) one->rest = realloc(one->rest, one->room = one->have);
    if (one->have) memcpy(one->rest, buffer + at, one->have);
}

static void turn(int wait_ms)
{
    struct epoll_event events[512];
    int count = epoll_wait(poller, events, 512, wait_ms);
    for (int index = 0; index < count; index++) {
        struct socket *one = events[index].data.ptr;
        if (one->fd < 0) continue;
        if (one->state == CONNECTING) connected(one);
        else readable(one);
    }
}

/* Opens what is due; at most `opening` handshakes of the first opening are under way at once. */
static void open_due(void)
{
    static uint64_t looked_ns;
    uint64_t now = now_ns();
    if (ready_count + busy_count == wanted || now - looked_ns < 2000000) return;
    looked_ns = now;
    for (int index = 0; index < wanted; index++) {
        struct socket *one = &sockets[index];
        if (one->state != SHUT && one->state != READY && now - one->since_ns > 10000000000u) drop(one, 0);
        if (one->state == SHUT && one->due_ns <= now && (set.reconnect == 2 || busy_count < set.opening)) start(one);
    }
}

static void run_until(uint64_t end_ns, int spin)
{
    while (now_ns() < end_ns) {
        open_due();
        turn(spin ? 0 : 2);
    }
}

static double quantile_ms(double share)
{
    uint64_t total = 0, seen = 0;
    for (int step = 0; step < STEPS; step++) total += latency[step];
    for (int step = 0; step < STEPS; step++)
        if ((seen += latency[step]) >= (uint64_t)((double)total * share) && seen) return (step + 1) * (STEP_NS / 1e6);
    return 0;
}

static void told(const char *more)
{
    printf("{\"ready\":%d,\"lost\":%ld,\"refused\":%ld,\"attempts\":%ld,\"complaint\":\"", ready_count, lost, refused, attempts);
    for (char *at = complaint; *at; at++) putchar(*at == '"' || *at == '\\' || *at < ' ' ? '\'' : *at);
    printf("\",\"codes\":{");
    for (int code = 0, some = 0; code < 5000; code++)
        if (codes[code]) printf("%s\"%d\":%d", some++ ? "," : "", code, codes[code]);
    printf("}%s}\n", more);
    fflush(stdout);
}

static void open_all(int count)
{
    uint64_t began = now_ns();
    if (count > MOST) count = MOST;
    for (int index = wanted; index < count; index++) sockets[index] = (struct socket){.fd = -1, .last = -1, .mark = -1};
    for (int index = 0; index < count; index++)
        if (sockets[index].state == SHUT) sockets[index].due_ns = sockets[index].away_since_ns = 0;
    wanted = count;
    while (ready_count < wanted && now_ns() - began < 120000000000u && !(refused && !set.reconnect)) {
        open_due();
        turn(2);
    }
    char more[80];
    snprintf(more, sizeof more, ",\"seconds\":%.3f", (double)(now_ns() - began) / 1e9);
    told(more);
}

static void measure(double rate, double warm_s, double seconds)
{
    struct publisher *publisher = &set.publisher;
    long warm = (long)(rate * warm_s + 0.5);
    memset(latency, 0, STEPS * sizeof *latency);
    delivered = missing = repeated = 0;
    first = publisher->first + warm;
    until = first + (long)(rate * seconds + 0.5);
    publisher->rate = rate;
    publisher->count = until - publisher->first;
    atomic_store(&publisher->sent, 0);
    publisher->fd = connect_to(publisher->port);
    if (publisher->fd < 0) { perror("publisher"); exit(2); }
    uint64_t began = now_ns(), end = began + (uint64_t)((warm_s + seconds) * 1e9), warm_end = began + (uint64_t)(warm_s * 1e9);
    pthread_create(&publisher->thread, NULL, publish, publisher);
    int members = ready_count;
    long already = 0, on_time = 0;
    while (now_ns() < warm_end) turn(set.spin ? 0 : 2);
    already = delivered;
    printf("{\"begin\":true}\n");
    fflush(stdout);
    while (now_ns() < end) turn(set.spin ? 0 : 2);
    on_time = delivered;
    printf("{\"end\":true,\"delivered\":%ld}\n", on_time - already);
    fflush(stdout);
    long expected = (until - first) * (long)members;
    for (uint64_t late = now_ns() + 10000000000u; delivered < expected && now_ns() < late;) turn(2);
    pthread_join(publisher->thread, NULL);
    close(publisher->fd);
    publisher->first = until;
    char more[500];
    snprintf(more, sizeof more,
        ",\"members\":%d,\"sent\":%ld,\"planned\":%ld,\"expected\":%ld,\"delivered\":%ld,\"in_time\":%ld,\"missing\":%ld,\"repeated\":%ld,"
        "\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f",
        members, atomic_load(&publisher->sent) - warm, until - first, expected, delivered, on_time - already, missing, repeated,
        quantile_ms(0.5), quantile_ms(0.9), quantile_ms(0.99), quantile_ms(1.0));
    told(more);
}

static void shut_all(void)
{
    uint8_t normal[2] = {1000 >> 8, 1000 & 0xff};
    int reconnect = set.reconnect;
    long lost_before = lost;
    set.reconnect = 0;
    for (int index = 0; index < wanted; index++)
        if (sockets[index].state == READY) say(&sockets[index], CLOSE, normal, 2);
    for (uint64_t end = now_ns() + 10000000000u; ready_count && now_ns() < end;) turn(2);
    for (int index = 0; index < wanted; index++)
        if (sockets[index].state != SHUT) drop(&sockets[index], 1);
    lost = lost_before;
    codes[1000] = 0;
    set.reconnect = reconnect;
    told("");
}

static void wait_for_marks(long long value, double within_s)
{
    uint64_t began = now_ns();
    int right = 0;
    while (now_ns() - began < (uint64_t)(within_s * 1e9)) {
        run_until(now_ns() + 10000000, 0);
        right = 0;
        for (int index = 0; index < wanted; index++) right += sockets[index].state == READY && sockets[index].mark == value;
        if (right == wanted) break;
    }
    char more[100];
    snprintf(more, sizeof more, ",\"right\":%d,\"seconds\":%.3f", right, (double)(now_ns() - began) / 1e9);
    told(more);
}

static int follow(char *line)
{
    double a = 0, b = 0, c = 0;
    if (sscanf(line, "open %lf", &a) == 1) open_all((int)a);
    else if (sscanf(line, "measure %lf %lf %lf", &a, &b, &c) == 3) measure(a, b, c);
    else if (sscanf(line, "wait %lf", &a) == 1) run_until(now_ns() + (uint64_t)(a * 1e9), 0), told("");
    else if (sscanf(line, "marks %lf %lf", &a, &b) == 2) wait_for_marks((long long)a, b);
    else if (!strncmp(line, "shut", 4)) shut_all();
    else return 0;
    return 1;
}

int main(int count, char **given)
{
    for (int index = 1; index + 1 < count; index += 2) {
        const char *name = given[index], *value = given[index + 1];
        if (!strcmp(name, "--port")) set.port = atoi(value);
        else if (!strcmp(name, "--path")) set.path = value;
        else if (!strcmp(name, "--join")) set.join = value;
        else if (!strcmp(name, "--expect")) set.expect = value;
        else if (!strcmp(name, "--mark")) set.mark = value;
        else if (!strcmp(name, "--cookie")) set.cookie = value;
        else if (!strcmp(name, "--opening")) set.opening = atoi(value);
        else if (!strcmp(name, "--spin")) set.spin = atoi(value);
        else if (!strcmp(name, "--reconnect")) set.reconnect = atoi(value);
        else if (!strcmp(name, "--publish-port")) set.publisher.port = atoi(value);
        else if (!strcmp(name, "--publish-path")) set.publisher.http_path = value;
        else if (!strcmp(name, "--event")) set.publisher.template = value;
        else { fprintf(stderr, "unknown option %s\n", name); return 2; }
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    srand48((long)now_ns());
    latency = calloc(STEPS, sizeof *latency);
    sockets = calloc(MOST, sizeof *sockets);  /* in one place for good: epoll knows them by address */
    poller = epoll_create1(0);
    fcntl(0, F_SETFL, O_NONBLOCK);
    char line[200];
    size_t have = 0;
    for (;;) {
        ssize_t got = read(0, line + have, 1);
        if (got == 0) return 0;
        if (got < 0) { open_due(); turn(2); continue; }
        if (line[have] != '\n') { have += have + 2 < sizeof line; continue; }
        line[have] = 0;
        have = 0;
        if (!follow(line)) return 0;
    }
}
