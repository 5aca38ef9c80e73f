/* HTTP requests in the buffer of a stream in mode tcp. */
#ifndef FETCHES_FETCH_RAW_H
#define FETCHES_FETCH_RAW_H
struct http_msg;
struct sample_context;

/* The head at the buffer's beginning, read into scratch memory. NULL: it is not whole yet (context->may_change), or no
 * request at all. */
struct http_msg *fetch_raw_request(struct sample_context *context);

#endif
