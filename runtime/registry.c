/* All tables of words in fixed order: what lists print, and which row of a name comes first, hangs on nothing else.
 * A new table is one line here and, when it has no header, one extern line. */
#include "registry.h"
#include "actions/actions.h"
#include "admin/admin_services.h"
#include "admin/cli.h"
#include "admin/cmd_map.h"
#include "admin/cmd_table.h"
#include "config/cfg_reader.h"
#include "config/cfg_set.h"
#include "converters/converters.h"
#include "fetches/fetches.h"
#include "match/acl_words.h"
#include "proxy/balance_row.h"
#include "rules/ruleset.h"

extern const struct fetch_row fetch_ssl_rows[], fetch_ssl_hello_rows[], fetch_hello_rows[];
extern const struct converter_row conv_x509_rows[];
extern const struct command_row cmd_ssl_rows[], cmd_ssl_ca_rows[], cmd_ssl_dump_rows[], cmd_ssl_ocsp_rows[];
extern const struct section_row kw_section_rows[];
extern const struct keyword_row kw_global_rows[], kw_global_ignored_rows[], kw_stats_rows[], kw_lua_rows[],
    kw_proxy_rows[], kw_filter_rows[], kw_balance_rows[], kw_timeout_rows[], kw_option_rows[], kw_rule_rows[],
    kw_log_rows[], kw_error_rows[], kw_capture_rows[], kw_bind_rows[], kw_server_rows[], kw_userlist_rows[],
    kw_tls_rows[], kw_resolvers_rows[], kw_mailers_rows[];
extern const struct keyword_row kw_stick_rows[], kw_ring_rows[], kw_log_forward_rows[], kw_program_rows[],
    kw_server_state_rows[], kw_crt_store_rows[];
extern const struct option_row kw_bind_option_rows[], kw_server_option_rows[], kw_tls_bind_rows[],
    kw_tls_server_rows[];

extern const struct command_row cmd_server_add_rows[], cmd_resolvers_rows[], cmd_debug_rows[],
    cmd_events_rows[], master_cli_rows[];

/* Rows of one kind, up to an empty one. */
struct table {
    enum word_kind kind;
    const void *rows;
    size_t row_size, name_at;
};

extern const struct keyword_row kw_check_rows[];

#define TABLE(kind, type, name, rows)                                                                        \
    {                                                                                                        \
        kind, rows, sizeof(struct type), offsetof(struct type, name)                                         \
    }
#define SECTIONS(rows)       TABLE(WORD_SECTION, section_row, word, rows)
#define KEYWORDS(rows)       TABLE(WORD_KEYWORD, keyword_row, words, rows)
#define BIND_OPTIONS(rows)   TABLE(WORD_BIND_OPTION, option_row, word, rows)
#define SERVER_OPTIONS(rows) TABLE(WORD_SERVER_OPTION, option_row, word, rows)
#define FETCHES(rows)        TABLE(WORD_FETCH, fetch_row, name, rows)
#define CONVERTERS(rows)     TABLE(WORD_CONVERTER, converter_row, name, rows)
#define ACLS(rows)           TABLE(WORD_ACL, acl_row, name, rows)
#define ACTIONS(rows)        TABLE(WORD_ACTION, action_row, name, rows)
#define LOG_ALIASES(rows)    TABLE(WORD_LOG_ALIAS, log_alias_row, name, rows)
#define SERVICES(rows)       TABLE(WORD_SERVICE, service_row, name, rows)
#define COMMANDS(rows)       TABLE(WORD_COMMAND, command_row, words, rows)

static const struct table tables[] = {
    SECTIONS(kw_section_rows),
    KEYWORDS(kw_global_rows),
    KEYWORDS(kw_global_ignored_rows),
    KEYWORDS(kw_stats_rows),
    KEYWORDS(kw_lua_rows),
    KEYWORDS(kw_proxy_rows),
    KEYWORDS(kw_filter_rows),
    KEYWORDS(kw_balance_rows),
    KEYWORDS(kw_resolvers_rows),
    KEYWORDS(kw_mailers_rows),
    KEYWORDS(kw_timeout_rows),
    KEYWORDS(kw_option_rows),
    KEYWORDS(kw_rule_rows),
    KEYWORDS(kw_log_rows),
    KEYWORDS(kw_stick_rows),
    KEYWORDS(kw_server_state_rows),
    KEYWORDS(kw_error_rows),
    KEYWORDS(kw_capture_rows),
    KEYWORDS(kw_bind_rows),
    KEYWORDS(kw_server_rows),
    KEYWORDS(kw_userlist_rows),
    KEYWORDS(kw_ring_rows),
    KEYWORDS(kw_log_forward_rows),
    KEYWORDS(kw_tls_rows),
    BIND_OPTIONS(kw_bind_option_rows),
    SERVER_OPTIONS(kw_server_option_rows),
    KEYWORDS(kw_check_rows),
    COMMANDS(cmd_stat_rows),
    COMMANDS(cmd_server_add_rows),
    SERVICES(admin_service_rows),
    COMMANDS(cmd_server_rows),
    COMMANDS(cmd_show_servers_rows),
    COMMANDS(cmd_errors_rows),
    COMMANDS(cmd_show_rows),
    COMMANDS(cmd_set_rows),
    COMMANDS(cmd_session_rows),
    COMMANDS(cmd_sockets_rows),
    COMMANDS(cmd_debug_rows),
    COMMANDS(cmd_events_rows),
    KEYWORDS(kw_program_rows),
    KEYWORDS(kw_crt_store_rows),
    BIND_OPTIONS(kw_tls_bind_rows),
    SERVER_OPTIONS(kw_tls_server_rows),
    FETCHES(fetch_value_rows),
    FETCHES(fetch_ssl_rows),
    FETCHES(fetch_ssl_hello_rows),
    FETCHES(fetch_connection_rows),
    FETCHES(fetch_http_rows),
    FETCHES(fetch_payload_rows),
    FETCHES(fetch_hello_rows),
    FETCHES(fetch_var_rows),
    FETCHES(fetch_proxy_header_rows),
    FETCHES(fetch_stream_rows),
    FETCHES(fetch_track_rows),
    FETCHES(fetch_server_rows),
    FETCHES(fetch_peer_rows),
    FETCHES(fetch_acl_rows),
    FETCHES(fetch_auth_rows),
    FETCHES(fetch_protocol_rows),
    CONVERTERS(conv_text_rows),
    CONVERTERS(conv_x509_rows),
    CONVERTERS(conv_math_rows),
    CONVERTERS(conv_bytes_rows),
    CONVERTERS(conv_hash_rows),
    CONVERTERS(conv_crypto_rows),
    CONVERTERS(conv_addr_rows),
    CONVERTERS(conv_http_rows),
    CONVERTERS(conv_date_rows),
    CONVERTERS(conv_json_rows),
    CONVERTERS(conv_proxy_rows),
    CONVERTERS(conv_jwt_rows),
    CONVERTERS(conv_fix_rows),
    CONVERTERS(conv_mqtt_rows),
    CONVERTERS(conv_protobuf_rows),
    CONVERTERS(conv_map_rows),
    CONVERTERS(conv_regsub_rows),
    CONVERTERS(conv_var_rows),
    CONVERTERS(conv_table_rows),
    CONVERTERS(conv_capture_rows),
    CONVERTERS(conv_forwarded_rows),
    ACTIONS(action_flow_rows),
    ACTIONS(action_reply_rows),
    ACTIONS(action_redirect_rows),
    ACTIONS(action_rewrite_rows),
    ACTIONS(action_header_rows),
    ACTIONS(action_uri_rows),
    ACTIONS(action_status_rows),
    ACTIONS(action_var_rows),
    ACTIONS(action_expect_rows),
    ACTIONS(action_resolve_rows),
    ACTIONS(action_stream_rows),
    ACTIONS(action_address_rows),
    ACTIONS(action_capture_rows),
    ACTIONS(action_map_rows),
    ACTIONS(action_wait_rows),
    ACTIONS(action_hint_rows),
    ACTIONS(action_normalize_rows),
    ACTIONS(action_refused_rows),
    ACTIONS(action_track_rows),
    LOG_ALIASES(fetch_log_rows),
    ACLS(acl_word_rows),
    COMMANDS(cmd_ssl_rows),
    COMMANDS(cmd_ssl_ca_rows),
    COMMANDS(cmd_ssl_dump_rows),
    COMMANDS(cmd_ssl_ocsp_rows),
    COMMANDS(cli_rows),
    COMMANDS(cmd_resolvers_rows),
    COMMANDS(cmd_table_rows),
    COMMANDS(cmd_map_rows),
};

static const struct table master_tables[] = {
    SECTIONS(kw_section_rows), KEYWORDS(kw_stats_rows),   BIND_OPTIONS(kw_bind_option_rows),
    COMMANDS(cli_rows),        COMMANDS(master_cli_rows),
};

/* Algorithms are one row a file. */
extern const struct balance_row balance_roundrobin_row, balance_static_rr_row, balance_leastconn_row,
    balance_first_row, balance_source_row, balance_uri_row, balance_url_param_row, balance_hdr_row,
    balance_random_row, balance_rdp_cookie_row, balance_hash_row;

static const struct balance_row *const balance_rows[] = {
    &balance_roundrobin_row, &balance_static_rr_row,  &balance_leastconn_row, &balance_first_row,
    &balance_source_row,     &balance_uri_row,        &balance_url_param_row, &balance_hdr_row,
    &balance_random_row,     &balance_rdp_cookie_row, &balance_hash_row,      NULL,
};

static bool add_table(struct words *words, const struct table *table)
{
    for (const char *row = table->rows;; row += table->row_size) {
        const char *name = *(const char *const *)(const void *)(row + table->name_at);
        if (!name)
            return true;
        if (!words_add(words, table->kind, name, row))
            return false;
    }
}

bool registry_fill(struct words *words)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        if (!add_table(words, &tables[i]))
            return false;
    }
    for (size_t i = 0; balance_rows[i]; i++) {
        if (!words_add(words, WORD_BALANCE, balance_rows[i]->word, balance_rows[i]))
            return false;
    }
    return true;
}

bool registry_fill_master(struct words *words)
{
    for (size_t i = 0; i < COUNT_OF(master_tables); i++)
        if (!add_table(words, &master_tables[i]))
            return false;
    return true;
}
