"""Builds the package at each step of the order, compiles, runs the example, and counts the lines typed."""
import os, re, subprocess, sys, difflib
SRC=os.environ.get('SRC', os.path.join(os.path.dirname(os.path.abspath(__file__)), '../src/runtime/'))
HERE=os.environ.get('ORDER', os.path.join(os.environ.get('TMPDIR', '.'), 'order'))
ROOT=HERE+'/mine'
def final(name):
    s=open(SRC+name).read()
    return s.replace('#[cfg(test)]\nmod tests;\n','').rstrip()+'\n'
def cut(s, start, end=None, put=''):
    """Removes from the line that contains `start` to before the line that contains `end`."""
    lines=s.split('\n')
    i=next(n for n,l in enumerate(lines) if start in l)
    if end is None: j=i+1
    else: j=next(n for n,l in enumerate(lines) if n>i and end in l)
    return '\n'.join(lines[:i]+(put.split('\n') if put else [])+lines[j:])
def sub(s,a,b,count=1):
    assert a in s,a
    return s.replace(a,b,count)
steps=[]
state={}
def step(name, files, run=None, expect=None):
    state.update(files)
    steps.append((name, {k:v for k,v in state.items() if v is not None}, run, expect))
CARGO='''[package]
name = "mine"
version = "0.1.0"
edition = "2024"
[dependencies]
anyhow = "1.0.104"
nix = { version = "0.31.3", features = ["event", "socket"] }
[workspace]
'''
state['Cargo.toml']=CARGO
state['src/main.rs']='fn main() {}\n'
R='src/runtime/'
exec(open(os.path.join(os.path.dirname(os.path.abspath(__file__)),'steps.py')).read())
only=sys.argv[1:]
prev={'Cargo.toml':CARGO,'src/main.rs':state['src/main.rs']}
os.makedirs(ROOT,exist_ok=True)
for name,files,run,expect in steps:
    typed=0; removed=0; detail=[]
    for path in sorted(set(files)|set(prev)):
        a=[l for l in prev.get(path,'').split('\n') if l.strip()]; b=[l for l in files.get(path,'').split('\n') if l.strip()]
        plus=minus=0
        for op,i1,i2,j1,j2 in difflib.SequenceMatcher(None,a,b,autojunk=False).get_opcodes():
            if op!='equal': plus+=j2-j1; minus+=i2-i1
        if plus or minus: detail.append(f'{path} +{plus} -{minus}')
        typed+=plus; removed+=minus
    for path in set(prev)-set(files):
        try: os.remove(os.path.join(ROOT,path))
        except FileNotFoundError: pass
    for path,text in files.items():
        p=os.path.join(ROOT,path); os.makedirs(os.path.dirname(p),exist_ok=True)
        if not os.path.exists(p) or open(p).read()!=text: open(p,'w').write(text)
    prev=files
    print(f'== {name}: {typed} typed ({"; ".join(detail)})',flush=True)
    if only and not any(name.startswith(o) for o in only): continue
    env=dict(os.environ,CARGO_TARGET_DIR=HERE+'/target')
    r=subprocess.run(['nice','cargo','build','-q','--examples'],cwd=ROOT,env=env,capture_output=True,text=True)
    errs=[l for l in r.stderr.split('\n')]
    if r.returncode: print('\n'.join(errs[:60])); sys.exit(1)
    warn=r.stderr.count('warning:')
    print(f'   compiles ({warn} warnings)')
    if run:
        try:
            r=subprocess.run(run,shell=True,cwd=HERE+'/target/debug/examples',capture_output=True,text=True,timeout=30)
            out=r.stdout+r.stderr
        except subprocess.TimeoutExpired as e:
            out='TIMEOUT '+str(e.stdout)
        print('   $',run); print('   | '+'\n   | '.join(out.strip().split('\n')[:14]))
# at the end: equal to the version
for f in os.listdir(SRC):
    if f.endswith('.rs') and f!='tests.rs':
        a=[l for l in final(f).split('\n') if l.strip()]; b=[l for l in prev.get(R+f,'').split('\n') if l.strip()]
        print(f, 'whole' if a==b else 'DIFFERS')
        if a!=b: print('\n'.join(list(difflib.unified_diff(b,a,lineterm=''))[:30]))
