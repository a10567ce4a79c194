#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders MIDI with known tempo and key for the library's tempo and key figures (needs fluidsynth and numpy).

render_midi.py DATA OUT: 45 s from the middle of the longest key segment of every fourth song of DATA/pop909, and 100
four-four takes of DATA/groove_midi, without reverb, at 22,050 Hz. OUT/truth.txt: name, bpm, pitch class, major.
"""
import os,sys,subprocess,struct,csv
import numpy as np
DATA, OUT = sys.argv[1], sys.argv[2]
os.makedirs(OUT, exist_ok=True)
def vlq(n):
    b=[n&127]; n>>=7
    while n: b.append(128|(n&127)); n>>=7
    return bytes(reversed(b))
def parse(path):
    d=open(path,'rb').read(); nt,div=struct.unpack('>HH',d[10:14]); p=14; ev=[]
    for tr in range(nt):
        L=struct.unpack('>I',d[p+4:p+8])[0]; q=p+8; end=q+L; t=0; st=0
        def rv(q):
            v=0
            while True:
                c=d[q]; q+=1; v=v<<7|c&127
                if c<128: return v,q
        while q<end:
            dt,q=rv(q); t+=dt
            if d[q]>=128: st=d[q]; q+=1
            if st==255:
                ty=d[q]; n,q=rv(q+1); ev.append((t,tr,0xff,ty,d[q:q+n])); q+=n
            elif st in(0xf0,0xf7):
                n,q=rv(q); q+=n
            elif st>>4 in(12,13): ev.append((t,tr,st,d[q],None)); q+=1
            else: ev.append((t,tr,st,d[q],d[q+1])); q+=2
        p=end
    ev.sort(key=lambda e:e[0]); 
    out=[]; us=500000; sec=0; last=0
    for e in ev:
        sec+=(e[0]-last)*us/1e6/div; last=e[0]
        if e[2]==0xff and e[3]==0x51: us=int.from_bytes(e[4],'big')
        elif e[2]!=0xff: out.append((sec,e[1],e[2],e[3],e[4]))
    return out
def cut(ev,a,b,path,progs=None):
    msgs=[]; on={}
    for sec,tr,st,x,y in ev:
        k=st>>4
        if progs is not None: st=(st&0xf0)|min(tr,8)
        if k in(12,): 
            if progs is None: msgs.append((0,bytes([st,x])))
        elif k==9 and y>0:
            if a<=sec<b: msgs.append((sec-a,bytes([st,x,y]))); on[(st&15,x)]=1
        elif k in(8,9):
            if a<=sec and (st&15,x) in on: msgs.append((min(sec,b)-a,bytes([0x80|st&15,x,0]))); del on[(st&15,x)]
        elif k==11:
            if sec<b: msgs.append((max(0,sec-a),bytes([st,x,y])))
    if progs is not None:
        for c,p in enumerate(progs): msgs.append((-1,bytes([0xc0|c,p])))
    msgs.sort(key=lambda m:m[0]); tr=b'\x00\xff\x51\x03'+(500000).to_bytes(3,'big'); last=0
    for s,m in msgs:
        t=int(round(max(0,s)*960)); tr+=vlq(t-last)+m; last=t
    tr+=b'\x00\xff\x2f\x00'
    open(path,'wb').write(b'MThd'+struct.pack('>IHHH',6,0,1,480)+b'MTrk'+struct.pack('>I',len(tr))+tr)
def render(mid,wav):
    if os.path.exists(wav): return
    subprocess.run(['fluidsynth','-ni','-q','-r','22050','-R','0','-C','0','-g','0.6','-o','synth.polyphony=96','-F',wav+'.tmp.wav','-T','wav','/usr/share/sounds/sf3/MuseScore_General_Lite.sf3',mid],check=True,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL); os.rename(wav+'.tmp.wav',wav)
P=DATA+'/pop909'; names={'C':0,'D':2,'E':4,'F':5,'G':7,'A':9,'B':11}
truth=open(OUT+'/truth.txt','w')
for i in range(1,910,4):
    n='%03d'%i; ev=parse(f'{P}/{n}/{n}.mid')
    ks=[l.split() for l in open(f'{P}/{n}/key_audio.txt') if l.strip()]
    a,b,k=max(ks,key=lambda r:float(r[1])-float(r[0])); a=float(a);b=float(b)
    r,m=k.split(':'); pc=(names[r[0]]+r.count('#')-r.count('b'))%12
    mid=(a+b)/2; s=max(a,mid-22.5); e=min(b,s+45)
    bt=np.array([float(l.split()[0]) for l in open(f'{P}/{n}/beat_midi.txt') if l.strip()])
    w=bt[(bt>=s)&(bt<=e)]; bpm=60/np.median(np.diff(w)) if len(w)>4 else 60/np.median(np.diff(bt))
    prog=[(73,0,0),(40,24,0),(65,4,48),(11,0,33)][i//4%4]
    cut(ev,s,e,f'{OUT}/p{n}.mid',prog); render(f'{OUT}/p{n}.mid',f'{OUT}/p{n}.wav')
    truth.write(f'p{n}\t{bpm:.3f}\t{pc}\t{1 if m=="maj" else 0}\n'); truth.flush()
rows=[r for r in csv.DictReader(open(DATA+'/groove_midi/info.csv')) if r['beat_type']=='beat' and float(r['duration'])>15 and r['time_signature']=='4-4']
for j,r in enumerate(rows[::max(1,len(rows)//100)][:100]):
    ev=parse(DATA+'/groove_midi/'+r['midi_filename'])
    cut(ev,0,45,f'{OUT}/g{j:03d}.mid'); render(f'{OUT}/g{j:03d}.mid',f'{OUT}/g{j:03d}.wav')
    truth.write(f'g{j:03d}\t{r["bpm"]}\t-1\t-1\n'); truth.flush()
