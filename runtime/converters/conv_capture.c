/* Values that are kept in the slots of `declare capture` on their way (HAProxy manual 7.3.1 capture-req). */
#include "converters/conv.h"
#include "converters/converters.h"
#include "stream/stream.h"

#define OF_RESPONSE ((void *)1)

static size_t slot_size(const struct capture *capture, int64_t index)
{
    while (capture && capture->index != (uint64_t)index)
        capture = capture->next;
    return capture ? capture->length_max : 0;
}

/* What has no slot, or no room for its copy, passes on and is not kept. */
static bool conv_capture(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    struct stream *stream = context->stream;
    bool response = args->row_data == OF_RESPONSE;
    int64_t index = args->list[0].integer;
    if (!stream || index < 0 || index > INT32_MAX)
        return true;
    const struct capture *captures =
        response ? stream->frontend->response_captures : stream->frontend->request_captures;
    struct str *slot = stream_capture(stream, response, (unsigned)index);
    if (slot)
        *slot = arena_copy(&stream->arena, str_slice(sample->u.text, 0, slot_size(captures, index)));
    return true;
}

const struct converter_row conv_capture_rows[] = {
    { "capture-req", conv_capture, "int", SAMPLE_STR, SAMPLE_STR, NULL, NULL },
    { "capture-res", conv_capture, "int", SAMPLE_STR, SAMPLE_STR, OF_RESPONSE, NULL },
    { 0 },
};
