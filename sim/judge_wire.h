/* The judge of what a proxy's connections carry, on in every run of a scenario. It reads the bytes at the platform's seam
 * with a reader of its own (http_strict) and knows nothing of the engine:
 *
 *  framing    what the proxy writes, as answers and as requests, keeps RFC 9112 to the letter
 *  one answer each request has one final answer, none comes unasked but an error, none after "connection: close"
 *  reuse      a request goes to a server's connection only when the last answer came whole, nothing came behind it and both
 *             sides agreed to go on
 *  bytes      a body that ends properly is one that came in, to the last byte
 *  log        a line of the log tells of an answer that went out
 *
 * TLS, HTTP/2 and what is not HTTP is not looked into; neither is a stream that a proxy in TCP mode hands on as it is, nor
 * what Lua, filters and compression may have made of a body. */
#ifndef SIM_JUDGE_WIRE_H
#define SIM_JUDGE_WIRE_H
#include "sim/sim_platform.h"

struct scenario;

/* Watches what the proxy `name` does by this platform until the scenario is over. conf: its configuration, which says what
 * may not be judged. */
void judge_wire_watch(struct scenario *scenario, const char *name, struct str conf, struct sim_platform *sim);
/* The final answers that went to its clients so far, by their first digit, and how many more there may have been that could
 * not be seen. false: nothing is known for sure. */
bool judge_wire_answers(struct scenario *scenario, const char *name, uint64_t counts[6], uint64_t *unseen);
void judge_wire_forget_all(struct scenario *scenario);

#endif
