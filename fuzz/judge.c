/* Requests and responses one by one; a tunnel ends the walk. */
#include "judge.h"
#include "fuzz.h"
#include "slow_h1.h"

static char scratch[1 << 20];

/* Takes a body off the front. false: it is not whole, or ends with the connection. */
static bool skip_body(struct str *bytes, enum slow_body kind, uint64_t length)
{
    size_t size = 0, used = 0;
    if (kind == SLOW_NO_BODY)
        return true;
    if (kind == SLOW_LENGTH && bytes->size >= length)
        used = length;
    else if (kind != SLOW_CHUNKED || bytes->size > sizeof(scratch))
        return false;
    if (kind == SLOW_CHUNKED) {
        enum slow_verdict verdict = slow_h1_chunked(*bytes, scratch, &size, &used);
        FUZZ_EXPECT(verdict != SLOW_REJECT);
        if (verdict == SLOW_MORE)
            return false;
    }
    *bytes = str_from(*bytes, used);
    return true;
}

void judge_requests(struct str bytes, bool proxied)
{
    if (proxied) {
        if (bytes.size < 16)
            return;
        FUZZ_EXPECT(!memcmp(bytes.data, "\r\n\r\n\0\r\nQUIT\n", 12));
        bytes = str_from(bytes, 16u + ((size_t)(uint8_t)bytes.data[14] << 8) + (uint8_t)bytes.data[15]);
    }
    while (bytes.size) {
        struct slow_request request;
        enum slow_verdict verdict = slow_h1_head(bytes, &request);
        if (verdict == SLOW_MORE)
            return;
        FUZZ_EXPECT(verdict == SLOW_DONE);
        struct str head = str_slice(bytes, 0, request.head_size);
        FUZZ_EXPECT(slow_h1_count(head, STR("x-via")) == 1);
        if (str_eq(request.method, STR("CONNECT")) || slow_h1_count(head, STR("upgrade")))
            return; /* a tunnel may follow */
        bytes = str_from(bytes, request.head_size);
        if (!skip_body(&bytes, request.body, request.length))
            return;
    }
}

/* The next request that the client sent; false: none that is plain. */
static bool next_request(struct str *sent, struct slow_request *request)
{
    if (!sent->size || slow_h1_head(*sent, request) != SLOW_DONE)
        return false;
    *sent = str_from(*sent, request->head_size);
    size_t size = 0, used = 0;
    if (request->body == SLOW_LENGTH) {
        *sent = str_from(*sent, request->length < sent->size ? (size_t)request->length : sent->size);
    } else if (request->body == SLOW_CHUNKED) {
        bool whole =
            sent->size <= sizeof(scratch) && slow_h1_chunked(*sent, scratch, &size, &used) == SLOW_DONE;
        *sent = whole ? str_from(*sent, used) : STR_NONE;
    }
    return true;
}

void judge_responses(struct str bytes, struct str sent)
{
    struct slow_request request;
    bool asked = next_request(&sent, &request);
    while (bytes.size) {
        struct slow_response response;
        enum slow_verdict verdict = slow_h1_response(bytes, &response);
        if (verdict == SLOW_MORE)
            return;
        FUZZ_EXPECT(verdict == SLOW_DONE);
        bool tunnel = response.status == 101 ||
                      (asked && str_eq(request.method, STR("CONNECT")) && response.status / 100 == 2);
        if (tunnel)
            return;
        struct str head = str_slice(bytes, 0, response.head_size);
        bytes = str_from(bytes, response.head_size);
        FUZZ_EXPECT(
            slow_h1_count(head, STR("content-length")) + slow_h1_count(head, STR("transfer-encoding")) <= 1);
        if (response.status < 200)
            continue;
        if (asked && str_eq(request.method, STR("HEAD")))
            response.body = SLOW_NO_BODY;
        FUZZ_EXPECT(response.body != SLOW_UNTIL_CLOSE || str_starts(head, STR("HTTP/1.0")) ||
                    slow_h1_count(head, STR("connection")));
        if (!skip_body(&bytes, response.body, response.length) || !asked)
            return;
        asked = next_request(&sent, &request);
    }
}
