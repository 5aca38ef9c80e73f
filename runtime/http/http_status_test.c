/* Names and pages of statuses, as HAProxy 2.6 sends them. */
#include "base/test.h"
#include "http/http_status.h"
#include <stdio.h>

static void reasons(void)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = { { 100, "Continue" },
                 { 200, "OK" },
                 { 302, "Moved Temporarily" },
                 { 400, "Bad Request" },
                 { 408, "Request Time-out" },
                 { 499, "client has closed connection" },
                 { 502, "Bad Gateway or Proxy Error" },
                 { 504, "Gateway Time-out" },
                 { 208, "Success" },
                 { 306, "Redirection" },
                 { 420, "Client Error" },
                 { 599, "Server Error" },
                 { 199, "Informational" },
                 { 600, "Other" },
                 { 99, "Other" },
                 { 0, "Other" } };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        EXPECT_STR(http_status_reason(rows[i].status), rows[i].reason);
    for (int status = 100; status < 600; status++)
        EXPECT(http_status_reason(status).size > 0);
}

/* The body's heading says what the start line says; sizes are those of HAProxy's content-length. */
static void pages(void)
{
    static const struct {
        int status;
        size_t size;
    } rows[] = { { 200, 58 },  { 400, 90 },  { 401, 112 }, { 403, 93 },  { 404, 83 },
                 { 405, 146 }, { 407, 112 }, { 408, 110 }, { 410, 114 }, { 413, 106 },
                 { 421, 104 }, { 422, 116 }, { 425, 80 },  { 429, 117 }, { 500, 97 },
                 { 501, 136 }, { 502, 107 }, { 503, 107 }, { 504, 92 } };
    size_t i = 0;
    for (; http_status_page_list[i]; i++) {
        char heading[128];
        int status = http_status_page_list[i];
        struct str page = http_status_page(status);
        EXPECT_INT(status, rows[i].status);
        EXPECT_INT(page.size, rows[i].size);
        snprintf(heading, sizeof(heading), "<html><body><h1>%d %.*s</h1>\n", status,
                 STR_ARG(http_status_page_reason(status)));
        EXPECT(str_starts(page, str_of(heading)));
        EXPECT(str_ends(page, STR("\n</body></html>\n")));
    }
    EXPECT_INT(i, COUNT_OF(rows));
    EXPECT(!http_status_page(418).data);
    EXPECT_STR(http_status_page_reason(418), "I'm a teapot");
    EXPECT_STR(http_status_page_reason(407), "Unauthorized");
    EXPECT_STR(
        http_status_page(403),
        "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n");
}

const struct test_row tests[] = { { "reason phrases", reasons }, { "pages", pages }, { 0 } };
