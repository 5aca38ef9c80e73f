/* Chains of converters on any value: the first line is a chain, "lower,field(1,:)"; a byte says what type the value has,
 * the rest is the value. What comes out is of the type that the last row promises, and can be printed. */
#include "config/words.h"
#include "fuzz.h"
#include "proxy/configuration.h"
#include "proxy_world.h"
#include "registry.h"
#include "sample/sample_expr.h"

enum { INPUT_MAX = 4096 };

struct surroundings {
    struct vars txn;
    struct sample_context context;
};

static struct vars *find_vars(const struct sample_context *context, enum var_scope scope)
{
    struct surroundings *around = CONTAINER_OF(context, struct surroundings, context);
    return scope == VAR_TXN ? &around->txn : NULL;
}

static struct sample value_of(uint8_t type, struct str bytes, struct arena *arena)
{
    struct sample value = sample_text(arena_copy(arena, bytes));
    switch (type % 5) {
    case 0:
        break;
    case 1:
        value.type = SAMPLE_BIN;
        break;
    case 2:
        value = sample_int(0);
        memcpy(&value.u.integer, bytes.data, bytes.size < 8 ? bytes.size : 8);
        break;
    case 3:
        value = (struct sample){ .type = SAMPLE_IPV4 };
        memcpy(value.u.ip, bytes.data, bytes.size < 4 ? bytes.size : 4);
        break;
    default:
        value = (struct sample){ .type = SAMPLE_IPV6 };
        memcpy(value.u.ip, bytes.data, bytes.size < 16 ? bytes.size : 16);
        break;
    }
    return value;
}

/* Every byte of a text is looked at, so that a sanitizer sees one that is not there. */
static void touch(const struct sample *sample)
{
    unsigned sum = 0;
    if (sample->type == SAMPLE_STR || sample->type == SAMPLE_BIN)
        for (size_t i = 0; i < sample->u.text.size; i++)
            sum += (unsigned char)sample->u.text.data[i];
    FUZZ_EXPECT(sum < UINT32_MAX);
}

static void convert(const struct sample_expr *expr, struct sample_context *context, struct sample value)
{
    for (unsigned i = 0; i < expr->step_count; i++) {
        const struct sample_step *step = &expr->steps[i];
        if (!sample_apply(step->row, &step->args, context, &value))
            return;
        touch(&value);
    }
    if (sample_can_cast(value.type, SAMPLE_STR) && sample_cast(&value, SAMPLE_STR, context->scratch))
        touch(&value);
}

static void run(struct configuration *configuration, struct fuzz_input *input)
{
    struct arena scratch;
    struct sample_expr expr = { .out = SAMPLE_STR };
    struct sample_unresolved *unresolved = NULL;
    struct sample_parser parser = { .words = &configuration->words,
                                    .arena = &configuration->arena,
                                    .configuration = configuration,
                                    .file = "fuzz",
                                    .line = 1,
                                    .unresolved = &unresolved };
    struct surroundings around = { .context = { .place = AT_REQUEST_HEAD,
                                                .configuration = configuration,
                                                .scratch = &scratch,
                                                .final = true,
                                                .vars = find_vars } };
    const char *end;
    char *chain = arena_need_copy(&configuration->arena, fuzz_input_until(input, '\n'));
    arena_init(&scratch, 4096);
    struct sample value = value_of(fuzz_input_byte(input), input->rest, &scratch);
    expr.out = value.type;
    if (sample_expr_parse_steps(&parser, chain, &expr, &end) && !unresolved)
        convert(&expr, &around.context, value);
    vars_finish(&around.txn);
    arena_finish(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct proxy_world pw;
    struct diag diag = { 0 };
    proxy_world_open(&pw, STR_NONE);
    proxy_world_file(&pw, "/fuzz/hosts.map", STR("# names\na.example one\nb.example two\n10.0.0.0/8 3\n"));
    struct configuration *configuration =
        configuration_create(sim_platform_base(sim_process_platform(pw.process)), &diag);
    bool filled = configuration && registry_fill(&configuration->words);
    FUZZ_EXPECT(filled);
    run(configuration, &input);
    configuration_destroy(configuration);
    proxy_world_close(&pw);
    return 0;
}
