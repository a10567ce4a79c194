# SPDX-License-Identifier: GPL-3.0-or-later
"""join.py MOST_BYTES FILE…: which source files of one target can be compiled as one.

Prints a line "GROUP FILE" for each file of a group of two and more. Two files may stand together if no name that one keeps
for itself (in an unnamed namespace, static, a macro) occurs in the other, be it as a name of its own, as a local
variable or in a call: so nothing is defined twice or shadowed, and no call finds another function than it finds alone.
What is not understood stands alone.
"""
import re
import sys

NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
# These take minutes alone, say something to the compiler about all that follows, or open namespaces for it.
ALONE = re.compile(r'^\s*#\s*include\s*<boost|^\s*#\s*pragma\s+GCC|^using namespace|^\s*#\s*define\s+_', re.M)
WORD = r'[A-Za-z_]\w*'


def kept_names(code):
    """What the file keeps for itself. The house's layout: code of namespaces begins in the first column."""
    names = set(re.findall(rf'^\s*#\s*define\s+({WORD})', code, re.M))
    depth = 0         # of braces
    unnamed = []      # depths at which an unnamed namespace was opened
    namespaces = []   # depths of all namespaces
    head = ''         # what stands since the last declaration ended
    for part in re.split(r'([{};])', re.sub(r'^\s*#(?:.*\\\n)*.*$', '', code, flags=re.M)):
        here = depth == len(namespaces)
        if part == '{':
            opened = re.search(r'\bnamespace\b([^()=]*)$', head) if here else None
            if opened:
                namespaces.append(depth)
                if not opened[1].strip():
                    unnamed.append(depth)
                head = ''
            elif here:
                if unnamed or re.search(r'\bstatic\b', head):
                    names |= declared(head)
                head = ''
            depth += 1
        elif part == '}':
            depth -= 1
            if namespaces and namespaces[-1] == depth:
                namespaces.pop()
                if unnamed and unnamed[-1] == depth:
                    unnamed.pop()
            head = ''
        elif part == ';':
            if here and (unnamed or re.search(r'\bstatic\b', head)):
                names |= declared(head)
            head = ''
        elif here:
            head += part
    return names


def declared(head):
    """The names that a declaration may introduce: rather one too many."""
    flat = head if 'operator' in head else head.split('=')[0] + '='
    if re.search(r'\b(?:TEST|TEST_F|TEST_P|INSTANTIATE_TEST_SUITE_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\s*\(', flat):
        return set()   # GoogleTest sees to it that these are told apart
    while True:
        less = re.sub(r'<[^<>]*>', ' ', flat)
        if less == flat:
            break
        flat = less
    found = set(re.findall(rf'\b(?:struct|class|union|enum(?:\s+class)?|using)\s+({WORD})', flat))
    found |= set(re.findall(rf'({WORD})\s*\(', flat)[:1])                      # a function
    found |= set(re.findall(rf'({WORD})\s*(?:\[[^\]]*\]\s*)*(?:=|,|$)', flat.split('(')[0].rstrip()))   # variables
    found |= {f'operator{op}' for op in re.findall(r'operator\s*([^\s(]+)', flat)}
    return found - {'const', 'override', 'noexcept', 'operator'}


def read(path):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    code = NOISE.sub(' ', text)
    includes = re.sub(r'^\s*#\s*include.*$', '', code, flags=re.M)
    used = set(re.findall(rf'(?<![\w.:])(?<!->)({WORD})', includes))
    return {'path': path, 'bytes': len(text), 'kept': kept_names(code), 'used': used, 'alone': bool(ALONE.search(text))}


def main():
    most = int(sys.argv[1])
    groups = []
    for path in sys.argv[2:]:
        file = read(path)
        if file['alone']:
            continue
        for group in groups:
            if group['bytes'] + file['bytes'] <= most and not group['kept'] & file['used'] and not file['kept'] & group['used']:
                break
        else:
            group = {'bytes': 0, 'kept': set(), 'used': set(), 'paths': []}
            groups.append(group)
        group['bytes'] += file['bytes']
        group['kept'] |= file['kept']
        group['used'] |= file['used']
        group['paths'].append(path)
    for number, group in enumerate(g for g in groups if len(g['paths']) > 1):
        for path in group['paths']:
            print(number, path)


if __name__ == '__main__':
    main()
