/* Nameservers that say what the input says, over UDP and TCP, to a proxy whose servers, service and rules ask them.
 * Records end with a byte 0xFF; each answers the oldest question that waits:
 *
 *   q...  its question follows these flags and counts (8 bytes), then the rest
 *   a...  its id, then this          w...  this alone
 *   f...  as q, but sent by a stranger
 *   n     nothing: the question is dropped, and closed over TCP
 *   c...  a client has a rule look this name up
 *   t.    time passes: byte * 20 ms
 *
 * Held to: no crash, no livelock; when the nameserver comes to its senses, so do the servers and the rules; it stops. */
#include "base/units.h"
#include "fuzz.h"
#include "proxy_world.h"

enum { INPUT_MAX = 4096, WAITING_MAX = 32, QUESTION_AT = 12, CLIENTS_MAX = 8 };

struct question {
    plat_sock stream; /* PLAT_NO_SOCK: came by datagram */
    struct addr from;
    char bytes[512];
    size_t size;
};

struct play {
    struct proxy_world pw;
    struct addr front;
    plat_sock datagrams, listener, stranger;
    struct question waiting[WAITING_MAX];
    unsigned count;
    plat_sock clients[CLIENTS_MAX];
    unsigned client_count;
};

static const char conf[] =
    "defaults\n mode http\n timeout client 2s\n timeout server 2s\n timeout connect 500ms\n"
    "resolvers d\n nameserver u 127.0.0.1:%u\n nameserver t tcp@127.0.0.1:%u\n resolve_retries 1\n"
    " timeout resolve 300ms\n timeout retry 200ms\n hold valid 300ms\n hold obsolete 100ms\n"
    " hold nx 1s\n hold other 1s\n hold refused 1s\n hold timeout 1s\n accepted_payload_size 8192\n"
    "frontend fe\n bind fd@${fe}\n http-request do-resolve(txn.a,d,ipv4) req.hdr(host)\n"
    " http-request return status 200 content-type text/plain lf-string '%%[var(txn.a)] %%[nbsrv(be)]'\n"
    "backend be\n server h www.example.org:80 resolvers d resolve-prefer ipv4 init-addr none\n"
    " server i www.example.org:80 resolvers d init-addr 127.0.0.2\n"
    " server-template s 3 _http._tcp.example.org resolvers d init-addr none\n";

static void open_play(struct play *play)
{
    struct buf text = BUF_INIT;
    struct addr addr, own;
    enum io_status status;
    play->listener = proxy_world_listen(&play->pw, &addr);
    play->datagrams = net_datagram_open(play->pw.peers, &addr, addr.family, &status);
    play->stranger = net_datagram_open(play->pw.peers, NULL, addr.family, &status);
    FUZZ_EXPECT(play->datagrams != PLAT_NO_SOCK && play->stranger != PLAT_NO_SOCK);
    FUZZ_EXPECT(net_names(play->pw.peers, play->datagrams, &own, NULL) == IO_OK && own.port == addr.port);
    proxy_world_inherit(&play->pw, "fe", &play->front);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    buf_printf(&text, conf, addr.port, addr.port);
#pragma GCC diagnostic pop
    bool started = proxy_world_start(&play->pw, buf_str(&text), NULL);
    FUZZ_EXPECT(started);
    buf_finish(&text);
}

/* ---- questions ---- */

static void drop_first(struct play *play)
{
    if (play->waiting[0].stream != PLAT_NO_SOCK)
        net_close(play->pw.peers, play->waiting[0].stream);
    play->count--;
    memmove(&play->waiting[0], &play->waiting[1], play->count * sizeof(play->waiting[0]));
}

static struct question *new_question(struct play *play)
{
    if (play->count == WAITING_MAX)
        drop_first(play);
    struct question *question = &play->waiting[play->count++];
    *question = (struct question){ .stream = PLAT_NO_SOCK };
    return question;
}

static void collect_datagrams(struct play *play)
{
    char bytes[sizeof(play->waiting[0].bytes)];
    struct addr from;
    struct io_result got;
    while ((got = net_receive_from(play->pw.peers, play->datagrams, &from, bytes, sizeof(bytes))).status ==
           IO_OK) {
        struct question *question = new_question(play);
        question->from = from;
        question->size = got.size;
        memcpy(question->bytes, bytes, got.size);
    }
}

/* A question over TCP is there when its bytes are. */
static void collect_streams(struct play *play)
{
    enum io_status status;
    plat_sock sock;
    while ((sock = net_accept(play->pw.peers, play->listener, NULL, &status)) != PLAT_NO_SOCK)
        new_question(play)->stream = sock;
    for (unsigned i = 0; i < play->count; i++) {
        struct question *question = &play->waiting[i];
        struct buf bytes = BUF_INIT;
        if (question->stream == PLAT_NO_SOCK || question->size)
            continue;
        (void)proxy_world_read(&play->pw, question->stream, &bytes);
        if (bytes.size > 2 && bytes.size - 2 <= sizeof(question->bytes)) {
            question->size = bytes.size - 2;
            memcpy(question->bytes, bytes.data + 2, question->size);
        }
        buf_finish(&bytes);
    }
}

static void pass(struct play *play, uint64_t ns)
{
    FUZZ_EXPECT(proxy_world_run(&play->pw, ns));
    collect_datagrams(play);
    collect_streams(play);
}

/* ---- answers ---- */

static void send_answer(struct play *play, struct str message, plat_sock datagrams)
{
    struct question *question = &play->waiting[0];
    if (question->stream != PLAT_NO_SOCK) {
        char size[2] = { (char)(message.size >> 8), (char)message.size };
        proxy_world_write(&play->pw, question->stream, str_make(size, 2));
        proxy_world_write(&play->pw, question->stream, message);
    } else {
        struct io_vec vec = { (char *)(uintptr_t)message.data, message.size };
        (void)net_send_to(play->pw.peers, datagrams, &question->from, &vec, 1);
    }
    pass(play, NS_PER_MS);
}

/* The question as it came, behind an id and 8 bytes of flags and counts. */
static void build(const struct question *question, struct str head, struct str rest, struct buf *out)
{
    char bytes[QUESTION_AT] = { 0 };
    size_t end = QUESTION_AT;
    while (end < question->size && question->bytes[end])
        end += (size_t)(uint8_t)question->bytes[end] + 1;
    end += 5;
    memcpy(bytes, question->bytes, 2);
    memcpy(bytes + 2, "\x81\x80\0\1", 4);
    for (size_t i = 0; i < head.size && i < 8; i++)
        bytes[2 + i] = head.data[i];
    buf_add(out, str_make(bytes, sizeof(bytes)));
    if (end <= question->size)
        buf_add(out, str_make(question->bytes + QUESTION_AT, end - QUESTION_AT));
    buf_add(out, rest);
}

static void answer(struct play *play, char what, struct str bytes)
{
    struct buf message = BUF_INIT;
    if (!play->count)
        return;
    if (what == 'q' || what == 'f')
        build(&play->waiting[0], str_slice(bytes, 0, 8), str_from(bytes, 8), &message);
    else if (what == 'a')
        buf_add(&message, str_make(play->waiting[0].bytes, 2));
    if (what == 'a' || what == 'w')
        buf_add(&message, bytes);
    if (message.size && (what != 'f' || play->waiting[0].stream == PLAT_NO_SOCK))
        send_answer(play, buf_str(&message), what == 'f' ? play->stranger : play->datagrams);
    if (what != 'f')
        drop_first(play);
    buf_finish(&message);
}

static void new_client(struct play *play, struct str host)
{
    struct buf head = BUF_INIT;
    if (play->client_count == CLIENTS_MAX)
        return;
    plat_sock sock = play->clients[play->client_count++] = proxy_world_connect(&play->pw, &play->front);
    buf_printf(&head, "GET / HTTP/1.1\r\nhost: %.*s\r\n\r\n", STR_ARG(host));
    proxy_world_write(&play->pw, sock, buf_str(&head));
    pass(play, NS_PER_MS);
    buf_finish(&head);
}

static void perform(struct play *play, struct str record)
{
    struct str bytes = str_from(record, 1);
    if (record.data[0] == 'c')
        new_client(play, bytes);
    else if (record.data[0] == 't')
        pass(play, (bytes.size ? (uint8_t)bytes.data[0] : 0) * 20 * NS_PER_MS);
    else if (strchr("qawfn", record.data[0]))
        answer(play, record.data[0], bytes);
}

/* ---- a good nameserver ---- */

/* The service has one target, every name one address, of IPv4. */
static void answer_well(struct play *play)
{
    struct buf message = BUF_INIT;
    const struct question *question = &play->waiting[0];
    bool service = question->size > QUESTION_AT && !memcmp(question->bytes + QUESTION_AT, "\5_http", 6);
    build(question, STR_NONE, STR_NONE, &message);
    if (message.size >= QUESTION_AT + 5) {
        const char *type = message.data + message.size - 4;
        bool good = service || type[1] == 1;
        if (service)
            buf_add(&message, STR("\xc0\x0c\0\x21\0\1\0\0\0\1\0\x0b\0\1\1\0\x1f\x90\3www\0"));
        else if (good)
            buf_add(&message, STR("\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\7"));
        message.data[7] = good;
        send_answer(play, buf_str(&message), play->datagrams);
    }
    drop_first(play);
    buf_finish(&message);
}

static void serve_well(struct play *play)
{
    for (unsigned i = 0; i < 40; i++) {
        pass(play, 100 * NS_PER_MS);
        while (play->count)
            answer_well(play);
    }
}

static void expect_recovery(struct play *play)
{
    struct buf text = BUF_INIT;
    serve_well(play);
    play->client_count = 0;
    new_client(play, STR("www.example.org"));
    serve_well(play);
    (void)proxy_world_read(&play->pw, play->clients[0], &text);
    FUZZ_EXPECT(str_starts(buf_str(&text), STR("HTTP/1.1 200 ")));
    FUZZ_EXPECT(str_find(buf_str(&text), STR("\r\n\r\n192.0.2.7 2")) != STR_NOT_FOUND);
    buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct play play = { 0 };
    proxy_world_open(&play.pw, STR_NONE);
    open_play(&play);
    pass(&play, NS_PER_MS);
    while (input.rest.size) {
        struct str record = fuzz_input_until(&input, (char)0xff);
        if (record.size && record.data[0])
            perform(&play, record);
    }
    expect_recovery(&play);
    sim_process_signal(play.pw.process, PLAT_SIGNAL_INT);
    pass(&play, NS_PER_S);
    FUZZ_EXPECT(sim_process_state(play.pw.process) == PROCESS_ENDED);
    proxy_world_close(&play.pw);
    return 0;
}
