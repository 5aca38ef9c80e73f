/* The statistics page in HTML, piece by piece. */
#ifndef ADMIN_STAT_PAGE_H
#define ADMIN_STAT_PAGE_H
#include "admin/stat_dump.h"

struct stats_settings;

struct stat_page {
    struct stat_dump dump; /* which objects */
    const struct stats_settings *settings;
    const char *uri;   /* of the page, without options */
    const char *state; /* what the last form did: "DONE"; NULL: there was none */
    bool admin;        /* forms may be shown */
    bool no_refresh;
    /* Where it stands. */
    bool head_done, foot_done;
    const struct proxy *proxy; /* whose table is open */
};

/* Appends until out holds `until` bytes or all is written. true: all is. */
bool stat_page_some(struct stat_page *page, struct buf *out, size_t until);
/* Text inside HTML. */
void stat_page_text(struct str text, struct buf *out);

#endif
