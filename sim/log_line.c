/* Blanks separate; what is quoted comes behind all that is looked at. */
#include "sim/log_line.h"

static bool is_number(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > 0;
}

static unsigned number_of(struct str text)
{
    unsigned value = 0;

    for (size_t i = 0; i < text.size && i < 6; i++)
        value = value * 10 + (unsigned)(text.data[i] - '0');
    return value;
}

bool log_line_read(struct str line, uint16_t *port, unsigned *status)
{
    size_t date = str_find(line, STR(" ["));
    struct str words[8], timers, digits;
    unsigned slashes = 0;

    if (date == STR_NOT_FOUND)
        return false;
    digits = str_slice(line, 0, date);
    while (digits.size && str_find_char(digits, ':') != STR_NOT_FOUND)
        (void)str_split(&digits, ':');
    line = str_from(line, date + 2);
    (void)str_split(&line, ' '); /* the date */
    for (unsigned i = 0; i < 8; i++)
        words[i] = str_split(&line, ' ');
    timers = words[2];
    for (size_t i = 0; i < timers.size; i++)
        slashes += timers.data[i] == '/';
    if (!is_number(digits) || slashes != 4 || !is_number(words[3]) || !is_number(words[4]) ||
        words[7].size != 4 || words[7].data[0] == 'C' || words[7].data[0] == 'c' || words[7].data[0] == 'K')
        return false;
    *port = (uint16_t)number_of(digits);
    *status = number_of(words[3]);
    return true;
}
