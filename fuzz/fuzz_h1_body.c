/* Bodies: the data that is found is the same however the bytes are cut, and nothing is looked at twice or left out. */
#include "base/buf.h"
#include "fuzz.h"
#include "http/h1_body.h"

enum { INPUT_MAX = 4096 };

struct finding {
    struct h1_body body;
    struct buf data;
    enum h1_status status;
    size_t used;
};

/* Reads bytes in pieces of `step`; what is told may be less than a piece. */
static void find(struct finding *finding, enum http_body kind, uint64_t length, struct str bytes, size_t step)
{
    *finding = (struct finding){ .status = H1_MORE };
    h1_body_init(&finding->body, kind, length);
    if (finding->body.state == BODY_DONE)
        finding->status = H1_DONE;
    while (finding->status == H1_MORE && finding->used < bytes.size) {
        struct str piece = str_slice(bytes, finding->used, step);
        size_t skip, data;
        finding->status = h1_body_next(&finding->body, piece, &skip, &data);
        FUZZ_EXPECT(skip + data <= piece.size);
        if (finding->status == H1_REJECT)
            return;
        FUZZ_EXPECT(finding->status == H1_DONE || skip + data > 0);
        buf_add(&finding->data, str_slice(piece, skip, data));
        finding->used += skip + data;
    }
    FUZZ_EXPECT(finding->body.total == finding->data.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum http_body kinds[] = { HTTP_BODY_CHUNKED, HTTP_BODY_LENGTH, HTTP_BODY_UNTIL_CLOSE,
                                            HTTP_BODY_NONE };
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    enum http_body kind = kinds[fuzz_input_byte(&input) & 3];
    uint64_t length = fuzz_input_byte(&input);
    struct finding whole;
    find(&whole, kind, length, input.rest, INPUT_MAX);
    for (size_t step = 1; step<8; step += step> 2 ? 4 : 1) {
        struct finding cut;
        find(&cut, kind, length, input.rest, step);
        FUZZ_EXPECT(cut.status == whole.status);
        if (whole.status != H1_REJECT) {
            FUZZ_EXPECT(cut.used == whole.used && str_eq(buf_str(&cut.data), buf_str(&whole.data)));
            FUZZ_EXPECT(h1_body_closed(&cut.body) ==
                        (whole.status == H1_DONE || kind == HTTP_BODY_UNTIL_CLOSE));
        }
        buf_finish(&cut.data);
    }
    buf_finish(&whole.data);
    return 0;
}
