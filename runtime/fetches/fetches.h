/* The tables of sample fetches and of log aliases, one file a subject. */
#ifndef FETCHES_FETCHES_H
#define FETCHES_FETCHES_H
#include "log/log_format.h"
#include "sample/sample.h"

extern const struct fetch_row fetch_value_rows[], fetch_connection_rows[], fetch_http_rows[],
    fetch_payload_rows[], fetch_var_rows[], fetch_proxy_header_rows[], fetch_stream_rows[],
    fetch_track_rows[], fetch_server_rows[], fetch_peer_rows[], fetch_acl_rows[], fetch_auth_rows[],
    fetch_protocol_rows[];
extern const struct log_alias_row fetch_log_rows[];

#endif
