/* Classes: tables of methods from rows. Each object is a Lua table whose [0] is a handle to what it stands for; when that
 * ends, the handle is emptied and the object's methods say so instead of touching what is gone. */
#ifndef LUA_LUA_CLASS_H
#define LUA_LUA_CLASS_H
#include "lua/lua_call.h"

struct lua_method_row {
    const char *name;
    int (*run)(lua_State *L);
    unsigned where; /* enum lua_context bits */
    bool may_wait;
    /* What it takes behind self and what it gives: "level: integer, text: string, more?: any, ...: any -> string". The
     * number of arguments is checked by it, the annotation files are printed from it. */
    const char *signature;
};

struct lua_class {
    const char *name;
    const struct lua_method_row *rows;
    /* Called for a key that is no method: pushes a value and returns true, or returns false for nil. A value that is to stay
     * is set by the function itself. May be NULL. */
    bool (*attribute)(lua_State *L, const char *key);
    bool of_class; /* attribute does not look at the object: what it finds is the same for all of the class */
    const char *fields; /* its attributes for the annotation files: "name: type, ..."; NULL: none */
};

#define LUA_HANDLE_MAGIC 0x4c6f636bu

struct lua_handle {
    unsigned magic;
    void *object; /* NULL: it ended */
    const void *detail;
    void (*finish)(struct lua_handle *handle); /* when Lua collects it; NULL: the object is somebody else's */
    const struct lua_class *class;             /* of handles behind one object only; else NULL */
};

/* Makes the class's metatable (once a state). */
void lua_class_make(lua_State *L, const struct lua_class *class);
/* Pushes a new object of the class over the handle at `handle_index` (any stack index). */
void lua_class_push_object(lua_State *L, const struct lua_class *class, int handle_index);
/* Pushes a new handle with so many user values. */
struct lua_handle *lua_class_push_handle(lua_State *L, void *object, int values);
/* The same for an object that ends with its handle. */
struct lua_handle *lua_class_push_owner(lua_State *L, void *object,
                                        void (*finish)(struct lua_handle *handle));
/* Pushes a new object of the class over a new handle. What the object owns is made behind that, so that nothing is lost
 * when Lua has no memory: object may be NULL first. */
struct lua_handle *lua_class_push_new(lua_State *L, const struct lua_class *class, void *object,
                                      void (*finish)(struct lua_handle *handle));
/* Like lua_class_check, but NULL for what is no object of the class or has ended. */
struct lua_handle *lua_class_test(lua_State *L, int index, const struct lua_class *class);
/* self of a method that several classes have: an object of the class by which it was found. */
struct lua_handle *lua_class_self(lua_State *L);
/* The class of the method that runs. */
const struct lua_class *lua_class_of_method(lua_State *L);
/* The parameters of a signature: how many must be there, how many may; INT_MAX: any number. */
void lua_class_count(const char *signature, int *least, int *most);
/* self at `index`: raises an error when it is no object of the class, or when it ended. */
struct lua_handle *lua_class_check(lua_State *L, int index, const struct lua_class *class);
/* The same of the first argument, with the class's metatable at an index: without looking for it. */
struct lua_handle *lua_class_check_by(lua_State *L, const struct lua_class *class, int metatable);
/* Adds functions from rows to the table on the stack's top (core, act ...). */
void lua_class_add_functions(lua_State *L, const char *prefix, const struct lua_method_row *rows);

#endif
