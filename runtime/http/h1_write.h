/* Writes message heads as HTTP/1 text. */
#ifndef HTTP_H1_WRITE_H
#define HTTP_H1_WRITE_H
#include "http/http_msg.h"

/* Bytes that h1_write_head will need. */
size_t h1_head_size(const struct http_msg *msg);
/* Writes start line, live fields and the empty line to out (h1_head_size bytes). The version written is
 * HTTP/1.minor of msg, 1.1 for anything newer. Returns the bytes written. */
size_t h1_write_head(const struct http_msg *msg, char *out);
/* The length that the head announces. false: none, or one that is no number. */
bool h1_write_length(const struct http_msg *msg, uint64_t *length);
/* "1f4\r\n" and the like; at most 18 bytes. Returns the size. */
size_t h1_write_chunk_size(uint64_t size, char *out);

#endif
