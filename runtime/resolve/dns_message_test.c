/* DNS messages: what a query looks like, what answers say, each of them cut at every byte and with every byte changed. */
#include "base/test.h"
#include "resolve/dns_message.h"

#define ID                         0x1234
#define HEAD(flags, answers, more) "\x12\x34" flags "\0\x01\0" answers "\0\0\0" more
#define QUESTION                   "\3www\7example\3org\0\0\x01\0\x01"
#define NAME                       "\xc0\x0c" /* the question's */
#define A_RECORD                   NAME "\0\x01\0\x01\0\0\0\x05\0\x04\xc0\0\x02\x07"
#define TO_REAL                    NAME "\0\x05\0\x01\0\0\0\x05\0\x07\4real\xc0\x10"
#define REAL_A                     "\4real\xc0\x10\0\x01\0\x01\0\0\0\x05\0\x04\xc0\0\x02\x08"

struct answer_case {
    const char *says;
    struct str message;
    enum dns_status expect;
    unsigned count;
    const char *first; /* address of the first record */
};

/* clang-format off */
static const struct answer_case cases[] = {
    { "an address", STR_INIT(HEAD("\x81\x80", "\x01", "\0") QUESTION A_RECORD), DNS_OK, 1, "192.0.2.7" },
    { "two addresses", STR_INIT(HEAD("\x81\x80", "\x02", "\0") QUESTION A_RECORD A_RECORD), DNS_OK, 2, "192.0.2.7" },
    { "an alias and what it leads to", STR_INIT(HEAD("\x81\x80", "\x02", "\0") QUESTION TO_REAL REAL_A), DNS_OK, 1, "192.0.2.8" },
    { "an alias that leads nowhere", STR_INIT(HEAD("\x81\x80", "\x01", "\0") QUESTION TO_REAL), DNS_CNAME_ERROR, 0, NULL },
    { "a record of another name", STR_INIT(HEAD("\x81\x80", "\x01", "\0") QUESTION REAL_A), DNS_NO_DATA, 0, NULL },
    { "no record", STR_INIT(HEAD("\x81\x80", "\0", "\0") QUESTION), DNS_NO_DATA, 0, NULL },
    { "no such name", STR_INIT(HEAD("\x81\x83", "\0", "\0") QUESTION), DNS_NX, 0, NULL },
    { "refused", STR_INIT(HEAD("\x81\x85", "\0", "\0") QUESTION), DNS_REFUSED, 0, NULL },
    { "the server failed", STR_INIT(HEAD("\x81\x82", "\0", "\0") QUESTION), DNS_ERROR, 0, NULL },
    { "cut", STR_INIT(HEAD("\x83\x80", "\0", "\0") QUESTION), DNS_TRUNCATED, 0, NULL },
    { "a query", STR_INIT(HEAD("\x01\0", "\0", "\0") QUESTION), DNS_INVALID, 0, NULL },
    { "another question", STR_INIT(HEAD("\x81\x80", "\0", "\0") "\3ftp\7example\3org\0\0\x01\0\x01"), DNS_NOT_OURS, 0, NULL },
    { "another type", STR_INIT(HEAD("\x81\x80", "\0", "\0") "\3www\7example\3org\0\0\x1c\0\x01"), DNS_NOT_OURS, 0, NULL },
    { "another id", STR_INIT("\x12\x35\x81\x80\0\x01\0\0\0\0\0\0" QUESTION), DNS_NOT_OURS, 0, NULL },
    { "a name that points at itself", STR_INIT(HEAD("\x81\x80", "\x01", "\0") QUESTION "\xc0\x21\0\x01\0\x01\0\0\0\x05\0\x04\1\1\1\1"), DNS_INVALID, 0, NULL },
    { "an alias without data, the next record's name behind it", STR_INIT(HEAD("\x81\x80", "\x02", "\0") QUESTION NAME "\0\x05\0\x01\0\0\0\x05\0\0" A_RECORD), DNS_INVALID, 0, NULL },
    { "an alias longer than its name", STR_INIT(HEAD("\x81\x80", "\x02", "\0") QUESTION NAME "\0\x05\0\x01\0\0\0\x05\0\x03" NAME "x" A_RECORD), DNS_INVALID, 0, NULL },
    { "a size past the end", STR_INIT(HEAD("\x81\x80", "\x01", "\0") QUESTION NAME "\0\x01\0\x01\0\0\0\x05\0\xff\xc0\0\x02\x07"), DNS_INVALID, 0, NULL },
    { "fewer records than announced", STR_INIT(HEAD("\x81\x80", "\x02", "\0") QUESTION A_RECORD), DNS_INVALID, 0, NULL },
};
/* clang-format on */

static struct dns_record *records(void)
{
    static struct dns_record space[DNS_RECORDS_MAX];
    return space;
}

static enum dns_status read(struct str message, struct dns_answer *answer)
{
    *answer = (struct dns_answer){ .records = records() };
    dns_message_read(message, "www.example.org", DNS_A, ID, answer);
    return answer->status;
}

static void what_answers_say(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dns_answer answer;
        char text[ADDR_TEXT_MAX];
        test_case(cases[i].says);
        EXPECT_INT(read(cases[i].message, &answer), cases[i].expect);
        if (cases[i].expect != DNS_OK)
            continue;
        EXPECT_INT(answer.count, cases[i].count);
        size_t size = addr_print_ip(&answer.records[0].addr, text, sizeof(text));
        EXPECT_STR(str_make(text, size), cases[i].first);
    }
}

/* A cut answer is never a good one; the bytes behind the cut are not looked at. */
static void every_cut_is_seen(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_case(cases[i].says);
        for (size_t size = 0; size < cases[i].message.size; size++) {
            struct dns_answer answer;
            char copy[256];
            EXPECT(size <= sizeof(copy));
            memcpy(copy, cases[i].message.data, size);
            EXPECT(read(str_make(copy, size), &answer) != DNS_OK);
        }
    }
}

/* Whatever byte is changed to whatever: it is read without harm, and no record too many comes out. */
static void every_byte_may_be_wrong(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char copy[256];
        size_t size = cases[i].message.size;
        memcpy(copy, cases[i].message.data, size);
        test_case(cases[i].says);
        for (size_t at = 0; at < size; at++) {
            char kept = copy[at];
            for (unsigned value = 0; value < 256; value += 5) {
                struct dns_answer answer;
                copy[at] = (char)value;
                (void)read(str_make(copy, size), &answer);
                EXPECT(answer.count <= 2);
            }
            copy[at] = kept;
        }
    }
}

static void a_service_and_its_targets_address(void)
{
    static const char message[] = "\x12\x34\x81\x80\0\x01\0\x01\0\0\0\x01\5_http\3org\0\0\x21\0\x01"
                                  "\xc0\x0c\0\x21\0\x01\0\0\0\x05\0\x0e\0\x01\0\x02\x1f\x90\2S1\3org\0"
                                  "\2s1\xc0\x12\0\x01\0\x01\0\0\0\x05\0\x04\xc0\0\x02\x09";
    struct dns_answer answer = { .records = records() };
    dns_message_read(str_make(message, sizeof(message) - 1), "_http.org", DNS_SRV, ID, &answer);
    EXPECT_INT(answer.status, DNS_OK);
    EXPECT_INT(answer.count, 1);
    EXPECT_INT(answer.records[0].priority, 1);
    EXPECT_INT(answer.records[0].weight, 2);
    EXPECT_INT(answer.records[0].port, 8080);
    EXPECT_STR(str_of(answer.records[0].target), "s1.org");
    EXPECT_INT(answer.records[0].addr.u.ip[3], 9);
}

/* A server's target is empty as long as it has none: an answer must not name that one. */
static void a_service_without_a_target(void)
{
    static const char message[] = "\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\5_http\3org\0\0\x21\0\x01"
                                  "\xc0\x0c\0\x21\0\x01\0\0\0\x05\0\x07\0\x01\0\x02\x1f\x90\0";
    struct dns_answer answer = { .records = records() };
    dns_message_read(str_make(message, sizeof(message) - 1), "_http.org", DNS_SRV, ID, &answer);
    EXPECT_INT(answer.status, DNS_INVALID);
}

static void a_query_announces_how_much_may_come(void)
{
    struct buf out = BUF_INIT;
    EXPECT(dns_message_query("www.example.org", DNS_A, ID, 1400, &out));
    EXPECT_VIEW(buf_str(&out),
                STR("\x12\x34\x01\0\0\x01\0\0\0\0\0\x01" QUESTION "\0\0\x29\x05\x78\0\0\0\0\0\0"));
    EXPECT(!dns_message_query("a..b", DNS_A, ID, 512, &out));
    buf_finish(&out);
}

const struct test_row tests[] = {
    { "what answers say", what_answers_say },
    { "every cut is seen", every_cut_is_seen },
    { "every byte may be wrong", every_byte_may_be_wrong },
    { "a service and its target's address", a_service_and_its_targets_address },
    { "a service without a target", a_service_without_a_target },
    { "a query announces how much may come", a_query_announces_how_much_may_come },
    { 0 },
};
