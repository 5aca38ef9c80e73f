/* Ready answers as lines write them: `http-error`, `http-request return`, `deny` and `tarpit` (HAProxy manual 4.2
 * "http-request return"). */
#ifndef PROXY_HTTP_REPLY_READ_H
#define PROXY_HTTP_REPLY_READ_H
#include "proxy/configuration.h"
#include "proxy/http_reply.h"

/* Reads [status n | deny_status n] [content-type t] [default-errorfiles | errorfile f | errorfiles name | file f |
 * lf-file f | string s | lf-string s] [hdr name format]... from line->words[*at] on and leaves *at at the first word
 * that is none of these (`if`, `unless`, the end). Formats are for `place`. status_usual stands when none is given.
 * what begins messages. NULL: said. Without a payload reply->body is REPLY_BODY_NONE; default-errorfiles sets
 * use_error_page. */
struct http_reply *http_reply_read(struct cfg_line *line, unsigned *at, struct proxy *proxy,
                                   enum sample_place place, int status_usual, const char *what) MUST_USE;
/* An errorfile. NULL: said. */
struct http_reply *http_reply_read_file(struct cfg_line *line, const char *what, int status,
                                        const char *path) MUST_USE;
/* The answer of a status in an http-errors section, which may be read later: filled in when the configuration is
 * resolved; `otherwise` (NULL: the built-in page) when the section has none of that status. */
struct http_reply *http_reply_from_set(struct cfg_line *line, struct proxy *proxy, const char *name,
                                       int status, const struct http_reply *otherwise);
/* For configuration_resolve. false: a section is missing, said. */
bool http_reply_resolve_sets(struct configuration *configuration) MUST_USE;

#endif
