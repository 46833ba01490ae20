/* Publishes numbered events at a steady rate from a thread of its own, so that reading them does not hold it up. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct publisher {
    int port;
    const char *http_path;  /* NULL: lines over TCP */
    const char *template;   /* @N@ and @T@ become the number and the time of sending */
    double rate;
    long count;             /* events to send */
    long first;             /* number of the first */
    atomic_long sent;
    atomic_int failed;
    int fd;
    pthread_t thread;
};

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static size_t filled(char *out, const char *template, long number)
{
    size_t at = 0;
    for (const char *from = template; *from; ) {
        if (!strncmp(from, "@N@", 3)) at += (size_t)sprintf(out + at, "%09ld", number + 100000000), from += 3;
        else if (!strncmp(from, "@T@", 3)) at += (size_t)sprintf(out + at, "%llu", (unsigned long long)now_ns()), from += 3;
        else out[at++] = *from++;
    }
    return at;
}

static int send_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        data += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int publish_one(struct publisher *self, long number)
{
    char body[4096], whole[5120];
    size_t length = filled(body, self->template, number);
    if (self->http_path == NULL) {
        body[length++] = '\n';
        return send_all(self->fd, body, length);
    }
    size_t head = (size_t)sprintf(whole, "POST %s HTTP/1.1\r\nHost: bench\r\nAccept: text/json\r\nContent-Length: %zu\r\n\r\n",
                                  self->http_path, length);
    memcpy(whole + head, body, length);
    if (send_all(self->fd, whole, head + length) < 0) return -1;
    return recv(self->fd, whole, sizeof whole, 0) > 0 ? 0 : -1;  /* its answer is small: one piece */
}

static void *publish(void *given)
{
    struct publisher *self = given;
    uint64_t began = now_ns();
    for (long index = 0; index < self->count; index++) {
        uint64_t due = began + (uint64_t)((double)index * 1e9 / self->rate);
        struct timespec when = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
        if (publish_one(self, self->first + index) < 0) {
            atomic_store(&self->failed, 1);
            break;
        }
        atomic_fetch_add(&self->sent, 1);
    }
    return NULL;
}
