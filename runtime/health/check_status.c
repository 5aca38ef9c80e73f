/* How a check can end, and what is said of it. */
#include "health/health_check.h"

/* clang-format off */
static const struct check_status_row rows[CHECK_STATUS_COUNT] = {
    [CHECK_UNKNOWN]           = { "UNK",      CHECK_RESULT_UNKNOWN,     "Unknown" },
    [CHECK_INITIALIZING]      = { "INI",      CHECK_RESULT_UNKNOWN,     "Initializing" },
    [CHECK_STARTED]           = { "",         CHECK_RESULT_UNKNOWN,     "" },
    [CHECK_CHECKED]           = { "",         CHECK_RESULT_NEUTRAL,     "No status change" },
    [CHECK_ANALYZE]           = { "HANA",     CHECK_RESULT_FAILED,      "Health analyze" },
    [CHECK_SOCKET_ERROR]      = { "SOCKERR",  CHECK_RESULT_FAILED,      "Socket error" },
    [CHECK_L4_OK]             = { "L4OK",     CHECK_RESULT_PASSED,      "Layer4 check passed" },
    [CHECK_L4_TIMEOUT]        = { "L4TOUT",   CHECK_RESULT_FAILED,      "Layer4 timeout" },
    [CHECK_L4_CONNECTION]     = { "L4CON",    CHECK_RESULT_FAILED,      "Layer4 connection problem" },
    [CHECK_L6_OK]             = { "L6OK",     CHECK_RESULT_PASSED,      "Layer6 check passed" },
    [CHECK_L6_TIMEOUT]        = { "L6TOUT",   CHECK_RESULT_FAILED,      "Layer6 timeout" },
    [CHECK_L6_RESPONSE]       = { "L6RSP",    CHECK_RESULT_FAILED,      "Layer6 invalid response" },
    [CHECK_L7_TIMEOUT]        = { "L7TOUT",   CHECK_RESULT_FAILED,      "Layer7 timeout" },
    [CHECK_L7_RESPONSE]       = { "L7RSP",    CHECK_RESULT_FAILED,      "Layer7 invalid response" },
    [CHECK_L7_OK]             = { "L7OK",     CHECK_RESULT_PASSED,      "Layer7 check passed" },
    [CHECK_L7_OK_CONDITIONAL] = { "L7OKC",    CHECK_RESULT_CONDITIONAL, "Layer7 check conditionally passed" },
    [CHECK_L7_STATUS]         = { "L7STS",    CHECK_RESULT_FAILED,      "Layer7 wrong status" },
    [CHECK_PROCESS_ERROR]     = { "PROCERR",  CHECK_RESULT_FAILED,      "External check error" },
    [CHECK_PROCESS_TIMEOUT]   = { "PROCTOUT", CHECK_RESULT_FAILED,      "External check timeout" },
    [CHECK_PROCESS_OK]        = { "PROCOK",   CHECK_RESULT_PASSED,      "External check passed" },
};
/* clang-format on */

const struct check_status_row *check_status_row(enum check_status status)
{
    return &rows[status];
}

enum check_status check_status_of(const char *code)
{
    for (unsigned i = CHECK_ANALYZE; i < CHECK_STATUS_COUNT; i++)
        if (str_eq_nocase(str_of(rows[i].code), str_of(code)))
            return (enum check_status)i;
    return CHECK_UNKNOWN;
}
