/* For the tests of converters: expressions and what HAProxy 2.6.12 makes of them, observed. */
#ifndef CONVERTERS_CONV_TEST_H
#define CONVERTERS_CONV_TEST_H
#include "base/test.h"
#include "converters/converters.h"
#include "fetches/fetches.h"
#include "match/pattern.h"
#include "proxy/configuration.h"
#include "sample/sample_expr.h"

struct conv_case {
    const char *expression;
    const char *result; /* NULL: no value; "!...": how the message of its parser begins */
};

struct conv_world {
    struct words words;
    struct arena arena, scratch;
    struct vars txn;
    struct configuration configuration; /* its patterns and its platform only */
    struct sample_context context;
};

static inline struct vars *conv_test_vars(const struct sample_context *context, enum var_scope scope)
{
    struct conv_world *world = CONTAINER_OF(context, struct conv_world, context);
    return scope == VAR_TXN ? &world->txn : NULL;
}

static inline void conv_test_set(struct conv_world *world, const char *name, struct sample value)
{
    struct var_name var;
    const char *error = NULL;
    EXPECT(var_name_parse(str_of(name), &var, &error) && vars_set(&world->txn, &var, &value));
}

static inline void conv_test_add_rows(struct conv_world *world)
{
    static const struct converter_row *const tables[] = {
        conv_addr_rows,  conv_bytes_rows,    conv_crypto_rows, conv_date_rows, conv_hash_rows,
        conv_http_rows,  conv_json_rows,     conv_fix_rows,    conv_jwt_rows,  conv_mqtt_rows,
        conv_proxy_rows, conv_protobuf_rows, conv_map_rows,    conv_math_rows, conv_regsub_rows,
        conv_text_rows,  conv_var_rows,
    };
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        for (const struct converter_row *row = tables[i]; row->name; row++)
            EXPECT(words_add(&world->words, WORD_CONVERTER, row->name, row));
    }
    for (const struct fetch_row *row = fetch_value_rows; row->name; row++)
        EXPECT(words_add(&world->words, WORD_FETCH, row->name, row));
    for (const struct fetch_row *row = fetch_var_rows; row->name; row++)
        EXPECT(words_add(&world->words, WORD_FETCH, row->name, row));
}

static inline void conv_test_begin(struct conv_world *world, struct platform *platform)
{
    struct sample ip = { .type = SAMPLE_IPV4, .u.ip = { 10, 0, 0, 1 } };
    struct sample bin = { .type = SAMPLE_BIN, .u.text = str_make("a\0b\0", 4) };
    memset(world, 0, sizeof(*world));
    words_init(&world->words);
    arena_init(&world->arena, 16384);
    arena_init(&world->scratch, 4096);
    conv_test_add_rows(world);
    world->configuration.platform = platform;
    world->configuration.patterns = pattern_set_create();
    world->context = (struct sample_context){ .place = AT_REQUEST_HEAD,
                                              .configuration = &world->configuration,
                                              .scratch = &world->scratch,
                                              .final = true,
                                              .vars = conv_test_vars };
    conv_test_set(world, "txn.four", sample_int(4));
    conv_test_set(world, "txn.abc", sample_text(STR("abc")));
    conv_test_set(world, "txn.bin", bin);
    conv_test_set(world, "txn.ip", ip);
    conv_test_set(world, "txn.key", sample_text(STR("Zm9vYg==")));
    conv_test_set(world, "txn.empty", sample_text(STR("")));
}

static inline void conv_test_end(struct conv_world *world)
{
    pattern_set_destroy(world->configuration.patterns);
    vars_finish(&world->txn);
    arena_finish(&world->scratch);
    arena_finish(&world->arena);
    words_finish(&world->words);
}

static inline void conv_test_refused(const struct conv_case *one, const struct sample_parser *parser,
                                     bool refused)
{
    bool wanted = one->result && one->result[0] == '!';
    if (!EXPECT(refused == wanted) && refused)
        EXPECT_STR(str_of(parser->error), "");
    if (refused && wanted)
        EXPECT_STR(str_slice(str_of(parser->error), 0, strlen(one->result + 1)), one->result + 1);
}

static inline void conv_test_one(struct conv_world *world, const struct conv_case *one)
{
    struct sample_parser parser = { .words = &world->words,
                                    .arena = &world->arena,
                                    .configuration = &world->configuration,
                                    .file = "test",
                                    .line = 1 };
    struct arena_mark mark = arena_mark(&world->scratch);
    struct sample sample;
    const char *end = NULL;
    test_case(one->expression);
    struct sample_expr *expr = sample_expr_parse(&parser, one->expression, &end);
    conv_test_refused(one, &parser, !expr);
    if (expr && EXPECT(*end == 0)) {
        bool found = sample_eval_as(expr, &world->context, SAMPLE_STR, &sample);
        if (EXPECT(found == (one->result != NULL)) && found)
            EXPECT_STR(sample.u.text, one->result);
    }
    arena_rewind(&world->scratch, mark);
    test_case(NULL);
}

/* Each case begins with the same variables. */
static inline void conv_test_run(const struct conv_case *cases, size_t count, struct platform *platform)
{
    int64_t before = test_blocks();
    for (size_t i = 0; i < count; i++) {
        struct conv_world world;
        conv_test_begin(&world, platform);
        conv_test_one(&world, &cases[i]);
        conv_test_end(&world);
    }
    EXPECT_INT(test_blocks(), before);
}

#endif
