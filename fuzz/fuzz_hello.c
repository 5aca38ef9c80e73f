/* The first bytes of a TLS client, to the fetches of connections that are passed through: at every cut a fetch waits or
 * says what it says of the whole, and never waits when no more will come. A hello in one record that OpenSSL reads has
 * the name and the ciphers that OpenSSL sees. */
#include "base/arena.h"
#include "fetches/fetches.h"
#include "fuzz.h"
#include "sample/sample_args.h"
#include "stream/channel.h"
#include "tls/tls_hello.h"
#include <openssl/err.h>

enum { INPUT_MAX = 2048, CUTS_MAX = 64, NAME_MAX_SIZE = 256, RECORD_HEAD = 5, MESSAGE_HEAD = 4 };

extern const struct fetch_row fetch_hello_rows[];

struct answer {
    bool found, waits;
    struct sample value;
};

static struct answer ask(const struct fetch_row *row, struct str bytes, bool ended, struct arena *scratch)
{
    struct channel channel = { .capacity = bytes.size, .input = bytes.size, .ended = ended };
    struct sample_args args = { .row_data = row->data };
    struct sample_context context = {
        .place = AT_REQUEST, .request_channel = &channel, .response_channel = &channel, .scratch = scratch
    };
    struct answer answer = { 0 };
    channel.data = fuzz_exact_copy(bytes);
    answer.found = row->run(&args, &context, &answer.value);
    answer.waits = context.may_change;
    if (answer.found && answer.value.type != SAMPLE_SINT && answer.value.type != SAMPLE_BOOL)
        answer.value.u.text = arena_copy(scratch, answer.value.u.text);
    mem_free(channel.data);
    return answer;
}

static void expect_same(const struct answer *a, const struct answer *b)
{
    FUZZ_EXPECT(a->found == b->found);
    if (!a->found)
        return;
    FUZZ_EXPECT(a->value.type == b->value.type);
    if (a->value.type == SAMPLE_SINT || a->value.type == SAMPLE_BOOL)
        FUZZ_EXPECT(a->value.u.integer == b->value.u.integer);
    else
        FUZZ_EXPECT(str_eq(a->value.u.text, b->value.u.text));
}

static void try_row(const struct fetch_row *row, struct str bytes, struct arena *scratch)
{
    struct answer whole = ask(row, bytes, false, scratch), last = ask(row, bytes, true, scratch);
    size_t step = bytes.size / CUTS_MAX + 1;
    FUZZ_EXPECT(!last.waits);
    expect_same(&whole, &last);
    FUZZ_EXPECT(!whole.found || !whole.waits);
    for (size_t at = 0; at < bytes.size; at += step) {
        struct arena_mark mark = arena_mark(scratch);
        struct answer cut = ask(row, str_slice(bytes, 0, at), false, scratch);
        FUZZ_EXPECT(!cut.waits || !cut.found);
        FUZZ_EXPECT(cut.waits || !whole.waits);
        if (!cut.waits)
            expect_same(&cut, &whole);
        arena_rewind(scratch, mark);
    }
}

static const struct fetch_row *row_of(const char *name)
{
    const struct fetch_row *row = fetch_hello_rows;
    while (row->name && strcmp(row->name, name) != 0)
        row++;
    FUZZ_EXPECT(row->name);
    return row;
}

/* ---- what OpenSSL sees ---- */

struct second_opinion {
    bool asked; /* OpenSSL took the hello as one */
    char space[NAME_MAX_SIZE];
    struct str name;
    struct buf ciphers;
};

static int look(SSL *ssl, int *alert, void *data)
{
    struct second_opinion *opinion = data;
    struct tls_abilities abilities;
    const unsigned char *ciphers;
    size_t size = SSL_client_hello_get0_ciphers(ssl, &ciphers);
    struct tls_hello *kept = tls_hello_keep(ssl, 64);
    (void)alert;
    opinion->asked = true;
    opinion->name = tls_hello_name(ssl, opinion->space, sizeof(opinion->space));
    buf_add(&opinion->ciphers, str_make((const char *)ciphers, size));
    tls_hello_abilities(ssl, &abilities);
    FUZZ_EXPECT(kept && kept->ciphers.size <= 64 && kept->extensions.size <= 64);
    mem_free(kept);
    return SSL_CLIENT_HELLO_ERROR;
}

static void read_by_openssl(struct str bytes, struct second_opinion *opinion)
{
    static SSL_CTX *context;
    if (!context)
        context = SSL_CTX_new(TLS_server_method());
    SSL *ssl = context ? SSL_new(context) : NULL;
    BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.size), *out = BIO_new(BIO_s_mem());
    FUZZ_EXPECT(ssl && in && out);
    SSL_CTX_set_client_hello_cb(context, look, opinion);
    SSL_set_bio(ssl, in, out);
    (void)SSL_accept(ssl);
    ERR_clear_error();
    SSL_free(ssl);
}

/* OpenSSL puts the parts of a message together, the fetches read the first record. */
static bool in_one_record(struct str bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    if (bytes.size < RECORD_HEAD + MESSAGE_HEAD || at[0] != SSL3_RT_HANDSHAKE)
        return false;
    size_t record = (size_t)at[3] << 8 | at[4];
    size_t message = (size_t)at[6] << 16 | (size_t)at[7] << 8 | at[8];
    return record >= MESSAGE_HEAD + message;
}

static void compare(struct str bytes, struct arena *scratch)
{
    struct second_opinion opinion = { .ciphers = BUF_INIT };
    read_by_openssl(bytes, &opinion);
    if (opinion.asked && in_one_record(bytes)) {
        struct answer name = ask(row_of("req.ssl_sni"), bytes, true, scratch);
        struct answer ciphers = ask(row_of("req.ssl_cipherlist"), bytes, true, scratch);
        FUZZ_EXPECT(!opinion.name.size || (name.found && str_eq_nocase(name.value.u.text, opinion.name)));
        FUZZ_EXPECT(ciphers.found ? str_eq(ciphers.value.u.text, buf_str(&opinion.ciphers))
                                  : !opinion.ciphers.size);
    }
    buf_finish(&opinion.ciphers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_make((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
    struct arena scratch;
    arena_init(&scratch, 4096);
    for (const struct fetch_row *row = fetch_hello_rows; row->name; row++)
        try_row(row, bytes, &scratch);
    compare(bytes, &scratch);
    arena_finish(&scratch);
    return 0;
}
