/* Answers of nameservers as bytes: a byte picks the question, the rest is the message. Held to: the beginnings of a
 * message are no messages, or say what the whole says; another question's answer is never ours; addresses are among
 * those that c-ares finds. A query is read as its own answer without records. */
#include "fuzz.h"
#include "resolve/dns_message.h"
#include <ares.h>
#include <netdb.h>

enum { INPUT_MAX = 2048, ID = 0x1234, ARES_ADDRESSES = 512, CUTS_MAX = 96 };

struct question {
    const char *name;
    enum dns_type type;
};

static const struct question questions[] = {
    { "www.example.org", DNS_A },
    { "www.example.org", DNS_AAAA },
    { "_http._tcp.example.org", DNS_SRV },
    { "a", DNS_A },
};

static struct dns_record whole_records[DNS_RECORDS_MAX], other_records[DNS_RECORDS_MAX];

/* From a block of just this size. */
static void read_exact(struct str message, const struct question *question, uint16_t id,
                       struct dns_answer *answer)
{
    char *copy = fuzz_exact_copy(message);
    dns_message_read(str_make(copy, message.size), question->name, question->type, id, answer);
    mem_free(copy);
}

static bool same_record(const struct dns_record *a, const struct dns_record *b)
{
    return a->type == b->type && a->ttl_s == b->ttl_s && a->priority == b->priority &&
           a->weight == b->weight && a->port == b->port && addr_eq(&a->addr, &b->addr) &&
           strcmp(a->target, b->target) == 0;
}

static void expect_same(const struct dns_answer *a, const struct dns_answer *b)
{
    FUZZ_EXPECT(a->status == b->status);
    if (a->status != DNS_OK)
        return;
    FUZZ_EXPECT(a->count == b->count && a->by_cname == b->by_cname);
    for (unsigned i = 0; i < a->count; i++)
        FUZZ_EXPECT(same_record(&a->records[i], &b->records[i]));
}

static void expect_well_formed(const struct dns_answer *answer, const struct question *question)
{
    FUZZ_EXPECT(answer->count <= DNS_RECORDS_MAX);
    FUZZ_EXPECT((answer->status == DNS_OK) <= (answer->count > 0));
    for (unsigned i = 0; i < answer->count; i++) {
        const struct dns_record *record = &answer->records[i];
        FUZZ_EXPECT(record->type == question->type);
        FUZZ_EXPECT(question->type != DNS_A || record->addr.family == ADDR_IPV4);
        FUZZ_EXPECT(question->type != DNS_AAAA || record->addr.family == ADDR_IPV6);
        FUZZ_EXPECT(memchr(record->target, '\0', sizeof(record->target)));
        for (const char *at = record->target; *at; at++)
            FUZZ_EXPECT(*at == ascii_lower(*at));
    }
}

/* c-ares reads whole answers too, by rules of its own about whose records they are: it may find more, and it refuses a
 * message for a record that is none of ours. */
static void compare_with_ares(struct str message, const struct dns_answer *answer)
{
    static struct ares_addrttl ipv4[ARES_ADDRESSES];
    static struct ares_addr6ttl ipv6[ARES_ADDRESSES];
    const unsigned char *bytes = (const unsigned char *)message.data;
    bool is_ipv4 = answer->records[0].addr.family == ADDR_IPV4;
    struct hostent *host = NULL;
    int count = ARES_ADDRESSES;
    int status = is_ipv4 ? ares_parse_a_reply(bytes, (int)message.size, &host, ipv4, &count)
                         : ares_parse_aaaa_reply(bytes, (int)message.size, &host, ipv6, &count);
    if (host)
        ares_free_hostent(host);
    for (unsigned i = 0; status == ARES_SUCCESS && i < answer->count && count < ARES_ADDRESSES; i++) {
        bool found = false;
        for (int j = 0; j < count && !found; j++)
            found = is_ipv4 ? !memcmp(&ipv4[j].ipaddr, answer->records[i].addr.u.ip, 4)
                            : !memcmp(&ipv6[j].ip6addr, answer->records[i].addr.u.ip, 16);
        FUZZ_EXPECT(found);
    }
}

static void beginnings(struct str message, const struct question *question, const struct dns_answer *whole)
{
    size_t step = message.size / CUTS_MAX + 1;
    for (size_t size = 0; size < message.size; size += step) {
        struct dns_answer early = { .records = other_records };
        read_exact(str_slice(message, 0, size), question, ID, &early);
        if (early.status != DNS_INVALID)
            expect_same(&early, whole);
    }
}

static void expect_foreign(struct str message, const struct question *question, uint16_t id)
{
    struct dns_answer answer = { .records = other_records };
    read_exact(message, question, id, &answer);
    FUZZ_EXPECT(answer.status == DNS_NOT_OURS || answer.status == DNS_INVALID);
}

static void other_questions(struct str message, const struct question *question)
{
    expect_foreign(message, question, ID ^ 1);
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        if (&questions[i] != question)
            expect_foreign(message, &questions[i], ID);
    }
}

/* A query of ours with the bit that makes it an answer is an answer without records; names as the input has them, if
 * they need no escapes. */
static void ask(struct str name, enum dns_type type)
{
    struct buf out = BUF_INIT;
    char text[DNS_NAME_MAX + 1];
    if (name.size > DNS_NAME_MAX)
        return;
    for (size_t i = 0; i < name.size; i++) {
        text[i] = name.data[i];
        if (!text[i] || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", text[i]))
            return;
    }
    text[name.size] = '\0';
    if (dns_message_query(text, type, ID, 512, &out)) {
        const struct question question = { text, type };
        struct dns_answer answer = { .records = other_records };
        out.data[2] |= (char)0x80;
        read_exact(buf_str(&out), &question, ID, &answer);
        FUZZ_EXPECT(answer.status == DNS_NO_DATA);
    }
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    const struct question *question = &questions[fuzz_input_byte(&input) % COUNT_OF(questions)];
    struct dns_answer whole = { .records = whole_records };
    read_exact(input.rest, question, ID, &whole);
    if (whole.status != DNS_INVALID && whole.status != DNS_NOT_OURS)
        other_questions(input.rest, question);
    if (whole.status == DNS_OK) {
        expect_well_formed(&whole, question);
        if (question->type != DNS_SRV)
            compare_with_ares(input.rest, &whole);
    }
    beginnings(input.rest, question, &whole);
    ask(input.rest, question->type);
    return 0;
}
