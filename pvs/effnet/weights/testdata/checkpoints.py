# The files of checkpoints/ are written by this program (python checkpoints.py FOLDER) with PyTorch 1.13.
import sys, os, argparse, pathlib, pickle, collections, datetime
import numpy as np, torch, torch.nn as nn

d = sys.argv[1]
p = lambda n: os.path.join(d, n + '.pth')
torch.manual_seed(1)
net = nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(1, 2, 1), bn=nn.BatchNorm2d(2)))


def values(v):
    s = net.state_dict()
    for k in s:
        s[k] = torch.full_like(s[k], v)
    return s


opt = torch.optim.Adam(net.parameters(), 0.1)
net(torch.ones(1, 1, 2, 2)).sum().backward()
opt.step()
sched = torch.optim.lr_scheduler.StepLR(opt, 3)
args = argparse.Namespace(
    lr=0.1, out=pathlib.PurePosixPath('runs'), when=datetime.date(2024, 1, 2), names={'a', 'b'}, seed=2**70, raw=b'xyz'
)
more = dict(
    epoch=3,
    arch='x',
    optimizer=opt.state_dict(),
    scheduler=sched.state_dict(),
    args=args,
    best=torch.tensor(0.5),
    loss=np.float64(1.5),
    scores=np.ones(3),
    config=collections.defaultdict(list, {'k': [1, None, -1.5, True]}),
)
one, two = values(1), values(2)
torch.save(one, p('bare'))
torch.save(dict(one), p('dict'))
torch.save(one, p('bare_legacy'), _use_new_zipfile_serialization=False)
torch.save(one, p('protocol4'), pickle_protocol=4)
torch.save({k: nn.Parameter(v) if v.is_floating_point() else v for k, v in one.items()}, p('parameters'))
torch.save({'state_dict': one, **more}, p('state_dict'))
torch.save({'state_dict': one, **more}, p('state_dict_legacy'), _use_new_zipfile_serialization=False)
torch.save({**more, 'model_state_dict': one}, p('model_state_dict'))
torch.save({'model': one, **more}, p('model'))
torch.save({'state_dict': two, 'state_dict_ema': one, **more}, p('state_dict_ema'))
torch.save({'model': two, 'model_ema': one, **more}, p('model_ema'))
torch.save({'state_dict': {'model': one, 'optimizer': opt.state_dict()}}, p('two_deep'))
torch.save({'generator': one, 'step': 3, 'best': torch.tensor(1.0)}, p('other_name'))
torch.save(
    {
        'state_dict': collections.OrderedDict(('model.' + k, v) for k, v in one.items()),
        'hyper_parameters': {'lr': 0.1},
        'callbacks': {'x': args},
        'loops': None,
        'pytorch-lightning_version': '2.0',
    },
    p('lightning'),
)
torch.save(torch.optim.swa_utils.AveragedModel(net).state_dict(), p('swa'))
torch.save(net, p('whole'))
torch.save(nn.DataParallel(net), p('whole_parallel'))
torch.save({'epoch': 1, 'model': net, 'optimizer': opt}, p('whole_entry'))
torch.save({'model_ema': net, 'state_dict': one}, p('whole_beside'))
torch.save([one, two], p('list'))
torch.save(torch.ones(2), p('tensor'))
torch.save({'epoch': 3, 'args': args}, p('nothing'))
torch.jit.save(torch.jit.script(nn.Linear(1, 1)), p('script'))
pickle.dump({k: v.numpy() for k, v in one.items()}, open(p('pickle'), 'wb'))
