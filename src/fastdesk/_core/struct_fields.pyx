"""Fields of structs, read where they lie: no name is looked up and no row of them made."""

cimport cython
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_GET_ITEM

from fastdesk._core.byte_writer cimport MAX_PARTS

__all__ = ["StructFields"]

cdef extern from *:
    """
    #include <structmember.h>

    /* Where a field that is declared as a slot lies in an object of its type; -1 for any other. */
    static Py_ssize_t slot_offset(PyObject *found, PyObject *type) {
        if (!Py_IS_TYPE(found, &PyMemberDescr_Type)
            || !PyType_IsSubtype((PyTypeObject *)type, PyDescr_TYPE(found))) {
            return -1;
        }
        PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        return member->type == T_OBJECT_EX ? member->offset : -1;
    }
    #define field_at(object, offset) (*(PyObject **)((char *)(object) + (offset)))
    """
    Py_ssize_t slot_offset(object found, object type)
    PyObject* field_at(object struct, Py_ssize_t offset)


@cython.final
cdef class StructFields:
    """Hold which fields of a struct a writer takes, and where they lie. Never changed.

    Args:
        struct: the type; its fields are slots, as those of `msgspec.Struct` are.
        names: up to 24 of its fields, in the order in which they are written.
        encoders: what makes bytes of the fields that are neither str nor int, by name.
        optional: texts that count as None where they are empty.

    Raises:
        TypeError: the type has no such slot.
        ValueError: none or too many names.
    """

    def __cinit__(self, struct, tuple names not None, *, encoders=None, optional=()):
        cdef Py_ssize_t i
        if not 0 < len(names) <= MAX_PARTS:
            raise ValueError(f"A struct is written with 1 to {MAX_PARTS} fields.")
        if not isinstance(struct, type):
            raise TypeError(f"{type(struct).__name__} is no type")
        self._type = struct
        self._encoders = tuple([(encoders or {}).get(name) for name in names])
        self.count = len(names)
        for i in range(self.count):
            self._offsets[i] = slot_offset(getattr(struct, names[i]), struct)
            if self._offsets[i] < 0:
                raise TypeError(f"{struct.__name__}.{names[i]} is no slot")
            self._kinds[i] = (
                ENCODED if self._encoders[i] is not None else OPTIONAL if names[i] in optional else PLAIN
            )

    cdef object take(self, object struct, PyObject** values):
        """Put the fields' values into `values`; they live as long as struct and what is returned.

        Raises TypeError for another type, AttributeError for a field that was never set, and what an encoder
        raises.
        """
        cdef Py_ssize_t i
        cdef object encoded, made = None
        if type(struct) is not self._type:
            raise TypeError(f"{type(struct).__name__} is not {self._type.__name__}")
        for i in range(self.count):
            values[i] = field_at(struct, self._offsets[i])
            if values[i] == NULL:
                raise AttributeError(f"a field of {self._type.__name__} was never set")
            if self._kinds[i] == PLAIN or values[i] == <PyObject*>None:
                continue
            if self._kinds[i] == ENCODED:
                encoded = (<object>PyTuple_GET_ITEM(self._encoders, i))(<object>values[i])
                values[i] = <PyObject*>encoded
                made = encoded if made is None else (made, encoded)
            elif <object>values[i] == "":
                values[i] = <PyObject*>None
        return made
