/* The classes of the API, one file each: class_<name>.c. */
#ifndef LUA_CLASSES_H
#define LUA_CLASSES_H
#include "lua/lua_class.h"

struct http_msg;
struct conn;
struct sample_context;
struct server;
struct stream;

extern const struct lua_class class_txn, class_http, class_fetches, class_fetches_text, class_converters,
    class_converters_text, class_applet_http, class_applet_tcp, class_channel_request, class_channel_response,
    class_concat, class_httpclient, class_listener, class_map, class_patref, class_message_request,
    class_message_response, class_proxy, class_queue, class_regex, class_reply, class_server, class_socket,
    class_stick_table;
/* Functions of tables, by file. */
extern const struct lua_method_row class_act_rows[], class_core_rows[], class_core_value_rows[],
    class_map_core_rows[], class_map_functions[], class_regex_functions[];

struct lua_function_table { /* a global table */
    const char *name;
    const char *fields; /* what it holds beside functions, as in struct lua_class */
    const struct lua_method_row *rows[8];
};
extern const struct lua_function_table classes_functions[]; /* up to one without a name */
extern const struct lua_class *const classes_all[];         /* up to NULL */
/* Plain tables that methods give or take, for annotations; up to one without a name. */
struct lua_shape {
    const char *name, *fields;
};
extern const struct lua_shape classes_shapes[];

/* Makes all classes and global tables. */
void classes_make(lua_State *L);
/* What the tables core, act and Map hold beside functions. */
void class_core_make(lua_State *L);
void class_map_make(lua_State *L);
void class_patref_make(lua_State *L); /* pairs() of its objects */
/* core.proxies, core.frontends and core.backends; data is the configuration. For lua_protect. */
int class_proxy_fill(lua_State *L, void *data);
void class_server_push(lua_State *L, struct server *server);
int class_concat_new(lua_State *L);   /* core.concat */
void class_concat_make(lua_State *L); /* the quick way of its add() */
int class_socket_new(lua_State *L);   /* core.tcp */
/* TLS on a script's own connection. false: no memory. */
bool class_socket_tls(struct lua_machine *machine, struct conn *conn, struct str name) MUST_USE;
/* Closes all sockets of the state's scripts: the loop is about to end. */
void class_socket_close_all(struct lua_machine *machine);
int class_httpclient_new(lua_State *L); /* core.httpclient */
void class_httpclient_close_all(struct lua_machine *machine);
int class_queue_new(lua_State *L);  /* core.queue */
int class_patref_get(lua_State *L); /* core.get_patref */
/* A table of a head's fields: name → values from index 0 on, one a line. */
void class_http_push_headers(lua_State *L, const struct http_msg *msg);
int class_reply_new(lua_State *L); /* txn:reply */
/* Answers with the table at index. false: no memory, or it is too large. */
bool class_reply_send(lua_State *L, int index, struct stream *stream, bool response_side) MUST_USE;

/* ---- what Lua keeps of a stream: one handle that all its objects share ---- */
/* Pushes the stream's TXN object; the same one each time. */
void class_txn_push(lua_State *L, struct stream *stream);
/* Pushes the handle that all objects of the stream share. */
void class_txn_push_handle(lua_State *L, struct stream *stream);
/* Pushes the sub-object `key` (f, sf, c, sc, http, req, res) over the handle at handle_index. false: no such key. */
bool class_txn_push_part(lua_State *L, const char *key, int handle_index);
/* Removes the fields named at index; replaces as req_rep_header (whole) or req_rep_value does, arguments from 2 on. */
void class_http_remove(lua_State *L, struct http_msg *msg, int index);
int class_http_replace(lua_State *L, struct http_msg *msg, bool whole);
/* Methods that TXN and the applets share. */
int class_txn_set_var(lua_State *L);
int class_txn_get_var(lua_State *L);
int class_txn_unset_var(lua_State *L);
int class_txn_set_priv(lua_State *L);
int class_txn_get_priv(lua_State *L);
/* A context for fetches and variables in the run that calls; raises outside of a stream. */
struct sample_context class_txn_context(lua_State *L, struct stream *stream);

/* Methods that Channel and HTTPMessage share: both work on a channel's input. */
struct channel *class_channel_of(lua_State *L);
int class_channel_append(lua_State *L);
int class_channel_data(lua_State *L);
int class_channel_forward(lua_State *L);
int class_channel_get_in_len(lua_State *L);
int class_channel_get_out_len(lua_State *L);
int class_channel_insert(lua_State *L);
int class_channel_is_full(lua_State *L);
int class_channel_is_resp(lua_State *L);
int class_channel_may_recv(lua_State *L);
int class_channel_prepend(lua_State *L);
int class_channel_remove(lua_State *L);
int class_channel_send(lua_State *L);
int class_channel_set(lua_State *L);

/* Pushes an applet object for a service on the stream. */
void class_applet_http_push(lua_State *L, struct stream *stream);
void class_applet_tcp_push(lua_State *L, struct stream *stream);
/* After the service's function returned or failed. */
void class_applet_finished(struct stream *stream, bool failed);

#endif
