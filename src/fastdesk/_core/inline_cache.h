/* Inline caches for what mypyc compiles: each place in the code remembers where it found something the last time.

   mypyc reads a field of its own classes directly, and asks PyObject_GetAttr for everybody else's: 160 instructions, of which a
   message has 80. What is asked is nearly always a msgspec struct of one type, whose fields lie at fixed offsets, or a native
   class known by a protocol only, whose fields have getters. So a place keeps the type's version with the offset or the getter, as
   the interpreter's own LOAD_ATTR_SLOT does (PEP 659); methods and names of a module likewise (LOAD_METHOD, LOAD_GLOBAL).

   A version is unique in the process, and a type or dict gets another one when anything in it (or above it) changes: a cache that
   fits is right. All of it happens under the interpreter's lock. setup.py includes this behind mypyc's own headers. */
#ifndef FASTDESK_INLINE_CACHE_H
#define FASTDESK_INLINE_CACHE_H

#include <structmember.h>

typedef struct {
    unsigned int version; /* of the type that was seen last; 0 when there is nothing to remember */
    getter get;           /* of its field; NULL where `offset` says enough */
    void *closure;        /* what the getter wants to be told */
    Py_ssize_t offset;    /* of its field in an object */
    PyObject *name;       /* owned: `getattr(object, name)` asks for several at one place */
} FieldCache;

typedef struct {
    unsigned int version;
    PyObject *method; /* borrowed: the type has it as long as the version stands */
} MethodCache;

static PyObject *fastdesk_miss_field(PyObject *object, PyObject *name, FieldCache *cache) {
    PyTypeObject *type = Py_TYPE(object);
    PyObject *value = PyObject_GetAttr(object, name);
    cache->version = 0;
    if (value == NULL || type->tp_getattro != PyObject_GenericGetAttr) {
        return value;
    }
    PyObject *found = _PyType_Lookup(type, name); /* gives the type its version */
    if (found == NULL) {
        return value;
    }
    if (Py_IS_TYPE(found, &PyMemberDescr_Type) && PyType_IsSubtype(type, PyDescr_TYPE(found))) {
        PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        if (member->type != T_OBJECT_EX || (member->flags & ~READONLY) != 0) {
            return value;
        }
        cache->get = NULL;
        cache->offset = member->offset;
    } else if (Py_IS_TYPE(found, &PyGetSetDescr_Type) && PyType_IsSubtype(type, PyDescr_TYPE(found))) {
        PyGetSetDef *field = ((PyGetSetDescrObject *)found)->d_getset;
        cache->get = field->get;
        cache->closure = field->closure;
        if (field->get == NULL) {
            return value;
        }
    } else {
        return value;
    }
    cache->version = type->tp_version_tag;
    Py_XSETREF(cache->name, Py_NewRef(name));
    return value;
}

static inline PyObject *fastdesk_get_field(PyObject *object, PyObject *name, FieldCache *cache) {
    unsigned int version = cache->version;
    if (likely(version != 0 && version == Py_TYPE(object)->tp_version_tag && cache->name == name)) {
        if (cache->get != NULL) {
            return cache->get(object, cache->closure);
        }
        PyObject *value = *(PyObject **)((char *)object + cache->offset);
        if (likely(value != NULL)) {
            return Py_NewRef(value);
        }
    }
    return fastdesk_miss_field(object, name, cache);
}

#undef CPyObject_GetAttr
#define CPyObject_GetAttr(object, name)                 \
    ({                                                  \
        static FieldCache cache_;                       \
        fastdesk_get_field((object), (name), &cache_);  \
    })

static inline PyObject *fastdesk_call_found(
    PyObject *method, PyObject *const *args, size_t count, PyObject *keywords) {
    Py_INCREF(method); /* a call may change the type */
    PyObject *result = PyObject_Vectorcall(method, args, count & ~PY_VECTORCALL_ARGUMENTS_OFFSET, keywords);
    Py_DECREF(method);
    return result;
}

static PyObject *fastdesk_miss_method(
    PyObject *name, PyObject *const *args, size_t count, PyObject *keywords, MethodCache *cache) {
    PyTypeObject *type = Py_TYPE(args[0]);
    cache->version = 0;
    /* Objects with attributes of their own may hide the method of their type. */
    if (type->tp_getattro == PyObject_GenericGetAttr && type->tp_dictoffset == 0) {
        PyObject *found = _PyType_Lookup(type, name);
        if (found != NULL && PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
            cache->method = found;
            cache->version = type->tp_version_tag;
            return fastdesk_call_found(found, args, count, keywords);
        }
    }
    return (PyObject_VectorcallMethod)(name, args, count, keywords);
}

static inline PyObject *fastdesk_call_method(
    PyObject *name, PyObject *const *args, size_t count, PyObject *keywords, MethodCache *cache) {
    unsigned int version = cache->version;
    if (likely(version != 0 && version == Py_TYPE(args[0])->tp_version_tag)) {
        return fastdesk_call_found(cache->method, args, count, keywords);
    }
    return fastdesk_miss_method(name, args, count, keywords, cache);
}

#define PyObject_VectorcallMethod(name, args, count, keywords)                \
    ({                                                                        \
        static MethodCache cache_;                                            \
        fastdesk_call_method((name), (args), (count), (keywords), &cache_);   \
    })

#if PY_VERSION_HEX < 0x030C0000 /* later dicts have no version of their own */

typedef struct {
    uint64_t version; /* of the dict that was seen last */
    PyObject *key;    /* owned */
    PyObject *value;  /* borrowed: the dict has it as long as the version stands */
} ItemCache;

static PyObject *fastdesk_miss_item(PyObject *dict, PyObject *key, ItemCache *cache) {
    PyObject *value = (CPyDict_GetItem)(dict, key);
    /* Names of the program; what people wrote is not kept alive here. */
    if (value != NULL && PyDict_CheckExact(dict) && PyUnicode_CheckExact(key) && PyUnicode_CHECK_INTERNED(key)) {
        cache->version = ((PyDictObject *)dict)->ma_version_tag;
        Py_XSETREF(cache->key, Py_NewRef(key));
        cache->value = value;
    }
    return value;
}

static inline PyObject *fastdesk_get_item(PyObject *dict, PyObject *key, ItemCache *cache) {
    if (likely(cache->key == key && cache->version == ((PyDictObject *)dict)->ma_version_tag)) {
        return Py_NewRef(cache->value);
    }
    return fastdesk_miss_item(dict, key, cache);
}

#define CPyDict_GetItem(dict, key)                     \
    ({                                                 \
        static ItemCache cache_;                       \
        fastdesk_get_item((dict), (key), &cache_);     \
    })

#endif

#endif
