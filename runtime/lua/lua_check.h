/* What can be seen wrong in a script without running it: names that the API does not have, and functions called where they are
 * not allowed. */
#ifndef LUA_LUA_CHECK_H
#define LUA_LUA_CHECK_H

struct configuration;

/* All loaded files; each finding is a warning with file and line. What might be right is left alone. */
void lua_check_files(struct configuration *configuration);

#endif
