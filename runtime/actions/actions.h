/* The tables of actions, one file a subject. */
#ifndef ACTIONS_ACTIONS_H
#define ACTIONS_ACTIONS_H
#include "rules/ruleset.h"

extern const struct action_row action_flow_rows[], action_reply_rows[], action_redirect_rows[],
    action_rewrite_rows[], action_header_rows[], action_uri_rows[], action_status_rows[], action_var_rows[],
    action_stream_rows[], action_expect_rows[], action_resolve_rows[], action_address_rows[],
    action_capture_rows[], action_map_rows[], action_wait_rows[], action_hint_rows[], action_normalize_rows[],
    action_refused_rows[], action_track_rows[];

#endif
