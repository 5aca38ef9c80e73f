/* Server lines for those that come at run time. */
#ifndef KEYWORDS_KW_SERVER_H
#define KEYWORDS_KW_SERVER_H
#include "config/cfg_reader.h"
struct server;
/* Reads a server line for the backend line->target, without what `default-server` says, and adds the server to it. false:
 * said. */
bool kw_server_read(struct cfg_line *line, struct server **out) MUST_USE;
#endif
