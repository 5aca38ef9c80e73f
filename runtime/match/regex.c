/* PCRE2 behind our door. A compiled pattern and its match limits never change, so that any worker may match
 * with it; what one match needs lies on the stack, and only a pattern that outgrows it takes memory from
 * the heap. */
#include "match/regex.h"
#include "base/buf.h"
#include "base/mem.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>

#define GROUPS_MAX    20u
#define MATCH_LIMIT   1000000u /* steps: a pattern that explodes has no match */
#define HEAP_LIMIT_KB 8192u    /* of the interpreter's backtracking */
#define STACK_SIZE    3072u    /* the match's own state; the rest of it is for small interpreted patterns */

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
    bool jit;
};

static void *code_alloc(size_t size, void *data)
{
    (void)data;
    return mem_alloc(size);
}

static void code_free(void *block, void *data)
{
    (void)data;
    mem_free(block);
}

void regex_destroy(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    pcre2_match_context_free(regex->limits);
    mem_free(regex);
}

static bool set_limits(struct regex *regex, pcre2_general_context *memory)
{
    regex->limits = pcre2_match_context_create(memory);
    if (!regex->limits)
        return false;
    pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(regex->limits, MATCH_LIMIT); /* the memory is what bounds the depth */
    pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KB);
    return true;
}

static const char *compile(struct regex *regex, pcre2_general_context *memory, struct str pattern,
                           bool ignore_case, struct arena *arena)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    if (!context || !set_limits(regex, memory)) {
        pcre2_compile_context_free(context);
        return "out of memory";
    }
    regex->code = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.size, ignore_case ? PCRE2_CASELESS : 0,
                                &code, &at, context);
    pcre2_compile_context_free(context);
    if (regex->code) {
        int status = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
        regex->jit = status == 0;
        return status == PCRE2_ERROR_NOMEMORY ? "out of memory" : NULL;
    }
    PCRE2_UCHAR reason[160];
    if (pcre2_get_error_message(code, reason, sizeof(reason)) < 0)
        reason[0] = 0;
    const char *text = arena_printf(arena, "regex '%.*s' is invalid (error=%s, erroffset=%zu)",
                                    STR_ARG(pattern), (const char *)reason, (size_t)at)
                           .data;
    return text ? text : "out of memory";
}

struct regex *regex_create(struct str pattern, bool ignore_case, struct arena *arena, const char **error)
{
    struct regex *regex = mem_zero(sizeof(*regex));
    pcre2_general_context *memory = pcre2_general_context_create(code_alloc, code_free, NULL);
    *error = "out of memory";
    if (regex && memory)
        *error = compile(regex, memory, pattern.data ? pattern : STR(""), ignore_case, arena);
    pcre2_general_context_free(memory);
    if (!*error)
        return regex;
    regex_destroy(regex);
    return NULL;
}

/* A match's memory: from a block on the stack, from the heap past its end. */
struct match_memory {
    size_t used;
    _Alignas(16) char block[STACK_SIZE];
};

static void *match_alloc(size_t size, void *data)
{
    struct match_memory *memory = data;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > sizeof(memory->block) - memory->used)
        return mem_alloc(size);
    void *block = memory->block + memory->used;
    memory->used += rounded;
    return block;
}

static void match_free(void *block, void *data)
{
    struct match_memory *memory = data;
    uintptr_t at = (uintptr_t)block, from = (uintptr_t)memory->block;
    if (at < from || at >= from + sizeof(memory->block))
        mem_free(block);
}

static void take_groups(pcre2_match_data *data, int count, struct regex_groups *groups)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(data);
    groups->count = count > 0 && (unsigned)count < GROUPS_MAX ? (unsigned)count : GROUPS_MAX;
    for (unsigned i = 0; i < groups->count; i++) {
        bool took_part = offsets[2 * i] != PCRE2_UNSET;
        groups->at[i][0] = took_part ? offsets[2 * i] : STR_NOT_FOUND;
        groups->at[i][1] = took_part ? offsets[2 * i + 1] : STR_NOT_FOUND;
        /* \K in a look-ahead can put the end before the beginning. */
        if (took_part && groups->at[i][1] < groups->at[i][0])
            groups->at[i][1] = groups->at[i][0];
    }
}

static bool match(const struct regex *regex, struct str subject, uint32_t flags, struct regex_groups *groups)
{
    struct match_memory memory;
    memory.used = 0;
    pcre2_general_context *general = pcre2_general_context_create(match_alloc, match_free, &memory);
    pcre2_match_data *data = general ? pcre2_match_data_create(groups ? GROUPS_MAX : 1, general) : NULL;
    int count = PCRE2_ERROR_NOMEMORY;
    if (data) {
        PCRE2_SPTR text = (PCRE2_SPTR)(subject.data ? subject.data : "");
        count = regex->jit ? pcre2_jit_match(regex->code, text, subject.size, 0, flags, data, regex->limits)
                           : PCRE2_ERROR_JIT_STACKLIMIT;
        if (count ==
            PCRE2_ERROR_JIT_STACKLIMIT) /* the machine code's small stack: the interpreter's memory grows */
            count =
                pcre2_match(regex->code, text, subject.size, 0, flags | PCRE2_NO_JIT, data, regex->limits);
        if (count >= 0 && groups)
            take_groups(data, count, groups);
    }
    pcre2_match_data_free(data);
    pcre2_general_context_free(general);
    return count >= 0;
}

bool regex_match(const struct regex *regex, struct str subject, struct regex_groups *groups)
{
    return match(regex, subject, 0, groups);
}

bool regex_match_rest(const struct regex *regex, struct str subject, struct regex_groups *groups)
{
    return match(regex, subject, PCRE2_NOTBOL, groups);
}

static void expand_escape(struct str text, size_t *at, struct str subject, const struct regex_groups *groups,
                          struct buf *out)
{
    char c = text.data[*at];
    if (ascii_digit(c)) {
        unsigned group = (unsigned)(c - '0');
        if (group < groups->count && groups->at[group][0] != STR_NOT_FOUND)
            buf_add(out,
                    str_slice(subject, groups->at[group][0], groups->at[group][1] - groups->at[group][0]));
    } else if (c == 'x' && *at + 2 < text.size && ascii_hex(text.data[*at + 1]) >= 0 &&
               ascii_hex(text.data[*at + 2]) >= 0) {
        buf_add_char(out, (char)(ascii_hex(text.data[*at + 1]) * 16 + ascii_hex(text.data[*at + 2])));
        *at += 2;
    } else {
        buf_add_char(out, c);
    }
    *at += 1;
}

bool regex_expand(struct str replacement, struct str subject, const struct regex_groups *groups,
                  struct buf *out)
{
    for (size_t at = 0; at < replacement.size;) {
        char c = replacement.data[at++];
        if (c == '\\' && at < replacement.size)
            expand_escape(replacement, &at, subject, groups, out);
        else
            buf_add_char(out, c);
    }
    return !out->failed;
}
