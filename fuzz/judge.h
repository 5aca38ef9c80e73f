/* What came out of a proxy, as the plain reader sees it. A fact that does not hold ends the process. */
#ifndef FUZZ_JUDGE_H
#define FUZZ_JUDGE_H
#include "base/str.h"
#include <stdbool.h>

/* What a server received: whole requests that carry the frontend's mark, the field x-via, once each; the last may be cut.
 * proxied: behind a PROXY header of version 2. */
void judge_requests(struct str bytes, bool proxied);
/* What a client received after it sent these bytes: a row of answers, no more than it asked for and one that ends the
 * connection. What stands behind requests that the plain reader does not take is not judged. */
void judge_responses(struct str bytes, struct str sent);

#endif
