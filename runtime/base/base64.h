/* Base64 and base64url (RFC 4648 sections 4 and 5). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H
#include "base/str.h"

/* Bytes needed for size bytes of input, padding included, no NUL. */
size_t base64_encoded_size(size_t size);
/* Writes the text to out (which must have room) and returns its size. url: alphabet of section 5, no padding. */
size_t base64_encode(struct str data, char *out, bool url);
/* The decoded size, or STR_NOT_FOUND for bad input or too small an out. Plain wants padding, url takes none or some. */
size_t base64_decode(struct str text, char *out, size_t out_size, bool url);

#endif
