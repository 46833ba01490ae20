/* A WebSocket client's bytes: masked frames out, unmasked frames in. RFC 6455, as much of it as a benchmark needs. */
#include <stdint.h>
#include <string.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

struct frame {
    int opcode;
    const uint8_t *payload;
    size_t length;
};

/* Bytes of the frame at `data`, or 0 while it is not whole. Servers here send no fragments. */
static size_t take_frame(const uint8_t *data, size_t have, struct frame *out)
{
    if (have < 2) return 0;
    size_t length = data[1] & 0x7f, start = 2;
    if (length == 126) {
        if (have < 4) return 0;
        length = (size_t)data[2] << 8 | data[3];
        start = 4;
    } else if (length == 127) {
        if (have < 10) return 0;
        length = 0;
        for (int byte = 2; byte < 10; byte++) length = length << 8 | data[byte];
        start = 10;
    }
    if (have - start < length || have < start) return 0;
    out->opcode = data[0] & 0x0f;
    out->payload = data + start;
    out->length = length;
    return start + length;
}

/* A frame under a mask of zeros: legal, and the payload stays as it is. Returns its bytes; `out` has length + 14. */
static size_t put_frame(uint8_t *out, int opcode, const void *payload, size_t length)
{
    size_t at = 0;
    out[at++] = (uint8_t)(0x80 | opcode);
    if (length < 126) out[at++] = (uint8_t)(0x80 | length);
    else {
        out[at++] = 0x80 | 126;
        out[at++] = (uint8_t)(length >> 8);
        out[at++] = (uint8_t)length;
    }
    memset(out + at, 0, 4);
    at += 4;
    memcpy(out + at, payload, length);
    return at + length;
}

/* The number after `key`; -1 where there is none. With `last` after the last of several keys. */
static long long number_after(const uint8_t *text, size_t length, const char *key, int last)
{
    size_t key_length = strlen(key);
    const uint8_t *end = text + length, *found = NULL;
    for (const uint8_t *at = text; (at = memmem(at, (size_t)(end - at), key, key_length)) != NULL;) {
        at += key_length;
        found = at;
        if (!last) break;
    }
    if (found == NULL) return -1;
    long long value = 0;
    while (found < end && *found == ' ') found++;
    if (found >= end || *found < '0' || *found > '9') return -1;
    while (found < end && *found >= '0' && *found <= '9') value = value * 10 + (*found++ - '0');
    return value;
}
