/* What a status is called, and the pages that HAProxy sends by itself. */
#ifndef HTTP_HTTP_STATUS_H
#define HTTP_HTTP_STATUS_H
#include "base/str.h"

/* The reason phrase of a status that our own rules and scripts set; each of 100 to 599 has one, others
 * "Other". */
struct str http_status_reason(int status);

/* The usual error pages. Their start line is "HTTP/1.1 status page-reason", their fields are content-length,
 * cache-control: no-cache and content-type: text/html, in that order, all lower case. */
extern const int http_status_page_list[]; /* the statuses that have one, ascending; ends with 0 */
/* The page's body; data NULL when the status has none. */
struct str http_status_page(int status);
/* The reason phrase on the page, which is not always http_status_reason: "Bad request", 407
 * "Unauthorized". */
struct str http_status_page_reason(int status);

#endif
