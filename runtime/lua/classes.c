/* The one list of the API's classes and tables of functions: what states are furnished with, and what is printed. */
#include "lua/classes.h"
#include "lua/lua_cli.h"
#include "lua/lua_event.h"
#include "lua/lua_filter.h"
#include "lua/lua_register.h"

const struct lua_function_table classes_functions[] = {
    { "core",
      "emerg: integer, alert: integer, crit: integer, err: integer, warning: integer, notice: integer, info: "
      "integer, "
      "debug: integer, silent: integer, thread: integer, proxies: table<string, Proxy>, frontends: "
      "table<string, Proxy>, "
      "backends: table<string, Proxy>",
      { class_core_rows, lua_register_rows, lua_cli_core_rows, lua_filter_core_rows, class_core_value_rows,
        class_map_core_rows, lua_event_core_rows } },
    { "act",
      "CONTINUE: integer, STOP: integer, YIELD: integer, ERROR: integer, DONE: integer, DENY: integer, "
      "ABORT: integer, "
      "INVALID: integer",
      { class_act_rows } },
    { "filter",
      "CONTINUE: integer, WAIT: integer, ERROR: integer, FLT_CFG_FL_HTX: integer",
      { lua_filter_rows } },
    { "Map",
      "_int: integer, _ip: integer, _str: integer, _beg: integer, _sub: integer, _dir: integer, _dom: "
      "integer, "
      "_end: integer, _reg: integer",
      { class_map_functions } },
    { "Regex", NULL, { class_regex_functions } },
    { NULL, NULL, { NULL } },
};

const struct lua_shape classes_shapes[] = {
    { "ProxyMailers", "track_server_health: boolean, log_level: integer, mailservers: table<string, string>, "
                      "mailservers_timeout: integer, "
                      "smtp_hostname: string, smtp_from: string, smtp_to: string" },
    { NULL, NULL },
};

const struct lua_class *const classes_all[] = {
    &class_applet_http,
    &class_applet_tcp,
    &class_channel_request,
    &class_channel_response,
    &class_concat,
    &class_converters,
    &class_converters_text,
    &class_event_sub,
    &class_fetches,
    &class_fetches_text,
    &class_http,
    &class_httpclient,
    &class_listener,
    &class_map,
    &class_message_request,
    &class_message_response,
    &class_patref,
    &class_proxy,
    &class_queue,
    &class_regex,
    &class_reply,
    &class_server,
    &class_socket,
    &class_stick_table,
    &class_txn,
    NULL,
};

void classes_make(lua_State *L)
{
    for (size_t i = 0; classes_all[i]; i++)
        lua_class_make(L, classes_all[i]);
    for (const struct lua_function_table *table = classes_functions; table->name; table++) {
        lua_newtable(L);
        for (size_t i = 0; i < COUNT_OF(table->rows) && table->rows[i]; i++)
            lua_class_add_functions(L, table->name, table->rows[i]);
        lua_setglobal(L, table->name);
    }
    class_core_make(L);
    class_map_make(L);
    class_patref_make(L);
    class_concat_make(L);
    lua_filter_make(L);
}
