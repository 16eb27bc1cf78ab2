/* The bare relay of the bench: media sockets of a carrier in, for each one Realtime socket out to a model.
 *
 *     relay MODEL_PORT        listens on a free port of 127.0.0.1 and prints it
 *
 * It does what nobody can leave out and nothing else: WebSocket framing (RFC 6455), the base64 payload cut out of one JSON
 * message and put into another, `clear` when the model hears speech. No validation, no calls, no limits: a yardstick, not
 * a server. One thread, epoll, no library beyond libc.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM (32 * 1024)    /* read at most so much at once */
#define HEADER 14           /* the longest header of a frame */

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };
enum role { LISTENER, CARRIER, MODEL };
enum state { HANDSHAKE, OPEN, DEAD };

struct buffer {
    char *at;
    size_t length, capacity;
};

struct connection {
    int fd;
    enum role role;
    enum state state;
    struct connection *peer;     /* the other side of the same call */
    struct connection *next_dead;
    struct buffer in, out;       /* `out` holds what the kernel did not take */
    char key[64];                /* of the carrier's upgrade, until it is answered */
    char media[128], clear[96];  /* how our messages to this stream begin; set by `start` */
    size_t media_length, clear_length;
};

static int epoll;
static int model_port;
static struct connection *dead;
static char message[4 * ROOM]; /* the one being written, behind room for its header */
static size_t message_length;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* ------------------------------------------------------------------ buffers and sockets */

static void reserve(struct buffer *buffer, size_t more) {
    if (buffer->length + more <= buffer->capacity) return;
    buffer->capacity = 2 * (buffer->length + more);
    buffer->at = realloc(buffer->at, buffer->capacity);
    if (!buffer->at) fail("realloc");
}

static void drop(struct buffer *buffer, size_t count) {
    if (!count) return;
    buffer->length -= count;
    memmove(buffer->at, buffer->at + count, buffer->length);
}

static void watch(struct connection *c, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll, operation, c->fd, &event)) fail("epoll_ctl");
}

static struct connection *connection(int fd, enum role role) {
    int on = 1;
    struct connection *c = calloc(1, sizeof *c);
    if (!c) fail("calloc");
    c->fd = fd;
    c->role = role;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
    return c;
}

/* Ends both sides of a call; the memory is given back once no event of this round can name it. */
static void end(struct connection *c) {
    if (!c || c->state == DEAD) return;
    c->state = DEAD;
    close(c->fd);
    c->next_dead = dead;
    dead = c;
    end(c->peer);
}

static void bury(void) {
    while (dead) {
        struct connection *c = dead;
        dead = c->next_dead;
        free(c->in.at);
        free(c->out.at);
        free(c);
    }
}

static void send_bytes(struct connection *c, const char *bytes, size_t length) {
    ssize_t sent = 0;
    if (c->state == DEAD) return;
    if (!c->out.length) {
        sent = send(c->fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return end(c);
        if (sent < 0) sent = 0;
    }
    if ((size_t)sent < length) {
        reserve(&c->out, length - sent);
        memcpy(c->out.at + c->out.length, bytes + sent, length - sent);
        c->out.length += length - sent;
        watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
}

static void flush(struct connection *c) {
    ssize_t sent = send(c->fd, c->out.at, c->out.length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return end(c);
    if (sent > 0) drop(&c->out, sent);
    if (!c->out.length) watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

/* ------------------------------------------------------------------ SHA-1 and base64, for the handshake alone */

static uint32_t rotate(uint32_t x, int by) {
    return x << by | x >> (32 - by);
}

static void sha1_block(uint32_t h[5], const uint8_t *block) {
    static const uint32_t constants[4] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
        if (i < 16)
            w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
        else
            w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
        uint32_t next = rotate(a, 5) + f + e + constants[i / 20] + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

/* Of a text of at most 119 bytes: two blocks. */
static void sha1(const char *text, size_t length, uint8_t digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t padded[128] = {0};
    size_t size = length < 56 ? 64 : 128;
    memcpy(padded, text, length);
    padded[length] = 0x80;
    padded[size - 2] = length * 8 >> 8;
    padded[size - 1] = length * 8;
    for (size_t i = 0; i < size; i += 64) sha1_block(h, padded + i);
    for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

static void base64_20(const uint8_t *bytes, char *text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 20; i += 3) {
        uint32_t three = bytes[i] << 16 | bytes[i + 1] << 8 | (i + 2 < 20 ? bytes[i + 2] : 0);
        for (int j = 0; j < 4; j++) *text++ = digits[three >> (18 - 6 * j) & 63];
    }
    strcpy(text - 1, "=");
}

/* ------------------------------------------------------------------ WebSocket */

static void mask(char *bytes, size_t length, uint32_t key) {
    uint64_t wide = (uint64_t)key << 32 | key, word;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, bytes + i, 8);
        word ^= wide;
        memcpy(bytes + i, &word, 8);
    }
    for (; i < length; i++) bytes[i] ^= (key >> 8 * (i % 4)) & 255;
}

static uint32_t next_key(void) {
    static uint64_t x = 0x9E3779B97F4A7C15;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x >> 32;
}

static void begin(void) {
    message_length = 0;
}

static void add(const char *bytes, size_t length) {
    if (HEADER + message_length + length > sizeof message) fail("a message that is too long");
    memcpy(message + HEADER + message_length, bytes, length);
    message_length += length;
}

#define add_text(text) add(text, sizeof text - 1)

/* Sends the message just written as one frame; a client masks (RFC 6455, 5.3). */
static void send_frame(struct connection *c, int opcode) {
    uint8_t header[HEADER];
    size_t n = message_length, size = 2;
    int masked = c->role == MODEL;
    header[0] = 0x80 | opcode;
    header[1] = (masked ? 0x80 : 0) | (n < 126 ? n : n < 65536 ? 126 : 127);
    if (n >= 126)
        for (int bytes = n < 65536 ? 2 : 8; bytes--;) header[size++] = bytes < (int)sizeof n ? n >> 8 * bytes : 0;
    if (masked) {
        uint32_t key = next_key();
        memcpy(header + size, &key, 4);
        size += 4;
        mask(message + HEADER, n, key);
    }
    memcpy(message + HEADER - size, header, size);
    send_bytes(c, message + HEADER - size, size + n);
}

/* The next whole frame at `*at` of the input, unmasked; NULL if it is not all there. */
static char *next_frame(struct connection *c, size_t *at, size_t *length, int *opcode) {
    uint8_t *b = (uint8_t *)c->in.at + *at;
    size_t there = c->in.length - *at, header = 2;
    if (there < header) return NULL;
    size_t n = b[1] & 127;
    if (n >= 126) {
        int bytes = n == 126 ? 2 : 8;
        if (there < header + bytes) return NULL;
        for (n = 0; bytes--; header++) n = n << 8 | b[header];
    }
    int masked = b[1] & 0x80;
    if (there < header + (masked ? 4 : 0) + n) return NULL;
    *opcode = b[0] & 15;
    if (masked) {
        uint32_t key;
        memcpy(&key, b + header, 4);
        header += 4;
        mask((char *)b + header, n, key);
    }
    *length = n;
    *at += header + n;
    return (char *)b + header;
}

static void dial_model(struct connection *carrier) {
    static const char hello[] =
        "GET /v1/realtime?model=bench HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: b2ZmaG9vayBiZW5jaCBrZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(model_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    carrier->peer = connection(fd, MODEL);
    carrier->peer->peer = carrier;
    send_bytes(carrier->peer, hello, sizeof hello - 1);
}

/* The carrier's upgrade is answered once the model's socket is open, so that nothing has to wait in between. */
static void shake_hands(struct connection *c) {
    char *over = memmem(c->in.at, c->in.length, "\r\n\r\n", 4);
    if (!over) return;
    *over = 0;
    if (c->role == CARRIER) {
        char *key = strcasestr(c->in.at, "sec-websocket-key:");
        if (!key || sscanf(key + 18, " %59[^ \r\n]", c->key) != 1) return end(c);
        dial_model(c);
    } else {
        char text[128], accept[32], answer[256];
        uint8_t digest[20];
        int length = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", c->peer->key);
        sha1(text, length, digest);
        base64_20(digest, accept);
        length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
        c->state = c->peer->state = OPEN;
        send_bytes(c->peer, answer, length);
    }
    drop(&c->in, over + 4 - c->in.at);
}

/* ------------------------------------------------------------------ the relay */

/* The value of a string field; inside a JSON string a quote is escaped, so that `"name":"` is a key. NULL if absent. */
static char *value(char *text, size_t size, const char *key, size_t *length) {
    char *found = memmem(text, size, key, strlen(key));
    if (!found) return NULL;
    found += strlen(key);
    char *quote = memchr(found, '"', text + size - found);
    if (!quote) return NULL;
    *length = quote - found;
    return found;
}

static int begins(const char *text, size_t size, const char *with) {
    return size >= strlen(with) && !memcmp(text, with, strlen(with));
}

static void from_carrier(struct connection *c, char *text, size_t size) {
    size_t length;
    char *found;
    if (begins(text, size, "{\"event\":\"media\"")) {
        if (!(found = value(text, size, "\"payload\":\"", &length))) return;
        begin();
        add_text("{\"type\":\"input_audio_buffer.append\",\"audio\":\"");
        add(found, length);
        add_text("\"}");
        send_frame(c->peer, TEXT);
    } else if (begins(text, size, "{\"event\":\"start\"") && (found = value(text, size, "\"streamSid\":\"", &length)) && length < 40) {
        c->media_length = snprintf(c->media, sizeof c->media,
            "{\"event\":\"media\",\"streamSid\":\"%.*s\",\"media\":{\"payload\":\"", (int)length, found);
        c->clear_length = snprintf(c->clear, sizeof c->clear,
            "{\"event\":\"clear\",\"streamSid\":\"%.*s\"}", (int)length, found);
    }
}

static void from_model(struct connection *c, char *text, size_t size) {
    size_t length;
    char *found;
    struct connection *carrier = c->peer;
    begin();
    if (begins(text, size, "{\"type\":\"response.output_audio.delta\"")) {
        if (!(found = value(text, size, "\"delta\":\"", &length))) return;
        add(carrier->media, carrier->media_length);
        add(found, length);
        add_text("\"}}");
        send_frame(carrier, TEXT);
    } else if (begins(text, size, "{\"type\":\"input_audio_buffer.speech_started\"")) {
        add(carrier->clear, carrier->clear_length);
        send_frame(carrier, TEXT);
    }
}

static void receive(struct connection *c) {
    reserve(&c->in, ROOM);
    ssize_t got = recv(c->fd, c->in.at + c->in.length, ROOM, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return end(c);
    if (got > 0) c->in.length += got;
    if (c->state == HANDSHAKE) shake_hands(c);
    if (c->state != OPEN) return;
    size_t at = 0, length;
    int opcode;
    char *text;
    while (c->state == OPEN && (text = next_frame(c, &at, &length, &opcode))) {
        if (opcode == TEXT) {
            (c->role == CARRIER ? from_carrier : from_model)(c, text, length);
        } else if (opcode == PING) {
            begin();
            add(text, length);
            send_frame(c, PONG);
        } else if (opcode == CLOSE) {
            return end(c);
        }
    }
    if (c->state == OPEN) drop(&c->in, at);
}

int main(int count, char **arguments) {
    if (count != 2 || !(model_port = atoi(arguments[1]))) return fprintf(stderr, "usage: relay MODEL_PORT\n"), 2;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int door = socket(AF_INET, SOCK_STREAM, 0);
    if (door < 0 || bind(door, (struct sockaddr *)&address, size) || listen(door, 4096)) fail("listen");
    getsockname(door, (struct sockaddr *)&address, &size);
    if ((epoll = epoll_create1(0)) < 0) fail("epoll");
    connection(door, LISTENER);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->role == LISTENER) {
                for (int fd; (fd = accept(door, NULL, NULL)) >= 0;) connection(fd, CARRIER);
                continue;
            }
            if (c->state != DEAD && events[i].events & EPOLLOUT) flush(c);
            if (c->state != DEAD && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
        }
        bury();
    }
}
