/* What the files of this folder share of a stream's way: each function moves it on as far as it goes now. */
#ifndef STREAM_STREAM_STEPS_H
#define STREAM_STREAM_STEPS_H
#include "stream/http_wire.h"
#include "stream/server_conn.h"
#include "stream/stream.h"

enum step { STEP_WAIT, STEP_NEXT };

/* http_front.c: the client's side of HTTP/1. true: something moved. */
bool http_front_begin(struct stream *stream) MUST_USE; /* false: no memory */
bool http_front_receive(struct stream *stream);
bool http_front_send(struct stream *stream);
/* The client went away or took too long before its request was whole. */
void http_front_request_failed(struct stream *stream, int status, char cause);
/* http_back.c: the server's side. */
bool http_back_begin(struct stream *stream) MUST_USE;
bool http_back_send(struct stream *stream);
bool http_back_receive(struct stream *stream);
/* http_forward.c: what the server is told about the client. false: no memory. */
bool http_forward_add(struct stream *stream) MUST_USE;
/* http_fit.c: heads as the other side is to see them. false: no memory. */
bool http_fit_request(struct stream *stream) MUST_USE;
bool http_fit_response(struct stream *stream) MUST_USE;
/* Whatever rules and scripts made of its fields, they say how the body will be sent. no_body: there is none, whatever they
 * say (HEAD, 304). */
bool http_fit_framing(struct http_msg *msg, bool no_body) MUST_USE;
/* false: a field's name is none that the section lets pass. */
bool http_fit_names(struct stream *stream, const struct proxy *proxy) MUST_USE;
/* false: a cookie of the response could end up in a cache (said in the log). */
bool http_fit_cookies(struct stream *stream) MUST_USE;
/* http_txn.c: rules and the proxy's own changes of heads. */
enum step http_txn_request(struct stream *stream);
enum step http_txn_response(struct stream *stream);
/* tcp_pass.c: both sides of a tunnel or of mode tcp. */
enum step tcp_pass_request(struct stream *stream);  /* tcp-request content, switching */
enum step tcp_pass_response(struct stream *stream); /* tcp-response content */
bool tcp_pass_receive(struct conn *conn, struct channel *channel, struct engine *engine);
bool tcp_pass_send(struct conn *conn, struct channel *channel, struct engine *engine);
/* server_pick.c: which server, when there is room, and the connection to it. */
enum step server_pick_run(struct stream *stream);
enum step server_pick_connect(struct stream *stream);
void server_pick_leave(struct stream *stream); /* gives up its place on the server and in queues */
void server_pick_prepare(struct configuration *configuration); /* at start-up */
/* Its connection failed or its answer is one to retry: whether there is another attempt, on which server, and after
 * what pause. false: none is left. */
bool server_pick_again(struct stream *stream, bool pause);
/* server_queue.c */
void server_pick_next(struct server *server);    /* a place became free: who waits goes on */
void server_pick_changed(struct server *server); /* its state or its weight is another one */
/* http_retry.c: the request is sent once more when `retry-on` names the reason (enum retry_on). false: it does not, or
 * it cannot. */
bool http_retry(struct stream *stream, unsigned reason);
/* Keeps the body, if all of it is here, for http_retry. */
void http_retry_keep(struct stream *stream);
unsigned http_retry_reason(int status); /* 0: none */
/* stream_log_text with the structured data of RFC 5424. */
void stream_log_line(struct stream *stream, struct proxy *proxy, enum log_level level, struct str text,
                     struct str structured_data);
/* stream_log.c */
void stream_log(struct stream *stream);
/* A stream begins: the line of a section that was given no format leaves now. */
void stream_log_begin(struct stream *stream);
/* The response's head is there, or the connection of mode tcp: a line that needs no more is written now. */
void stream_log_early(struct stream *stream);
/* stream_run_rules: runs one ruleset from where the stream stands in it. */
enum rule_result stream_run_rules(struct stream *stream, const struct ruleset *set, enum sample_place place,
                                  struct proxy *proxy, bool final);
/* Decides the backend by use_backend and default_backend. false: none. */
bool stream_switch(struct stream *stream);
/* The stream's own response is to be sent: nothing more is asked of a server. */
void stream_drop_back(struct stream *stream, bool keep);
void stream_refresh_deadlines(struct stream *stream);

#endif
