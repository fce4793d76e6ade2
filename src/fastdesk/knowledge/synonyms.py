"""Words of customer service that mean the same, in Chinese and English.

A visitor asks for "退钱", the article says "退款"; or the visitor writes English and the article is Chinese. Each line
is one meaning; its words share one extra feature in questions and headings. Entries are folded text: Chinese of two to
four characters, English of one to three words in any inflection. A tenant adds lines of its own in its settings.

General words only: what a shop, a bank or a software house is asked about alike, nothing of one trade.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from fastdesk.knowledge.stemming import stem

__all__ = ["SERVICE_WORDS", "Meanings"]

SERVICE_WORDS = """
退款 退钱 钱退 返款 退费 退回款项 | refund, money back, reimburse, reimbursement
退货 退回 寄回 退掉 退换 | return, send back
换货 调换 换一 换成 换个 更换 | exchange, swap, replace, replacement
运费 邮费 快递费 物流费 包邮 | shipping cost, shipping fee, postage, delivery fee, delivery cost
发货 寄出 发出 出货 | ship, dispatch
快递 包裹 物流 运单 | parcel, package, shipment, courier
签收 送达 妥投 送到 收货 寄到 寄来 拿到手 | delivered, arrive, receive
配送 派送 送货 送上门 上门 | deliver, delivery, doorstep
自提 自取 取货 到店 | pick up, pickup, collect
预约 预订 约时间 | book, booking, reserve, reservation, appointment
改期 改签 延期 推迟 改时间 | reschedule, postpone, put off
到账 入账 到帐 入帐 | credited, arrived in
地址 住址 | address
搬家 搬到 迁到 移机 迁移 | move house, moving, relocate
发票 开票 专票 普票 票据 | invoice, receipt
账单 帐单 明细 清单 流水 对账 | bill, statement, itemised
付款 支付 付钱 给钱 缴费 交费 交钱 | pay, payment
转账 转帐 汇款 打款 转钱 汇出 转给 转出去 转不了 转不出 | transfer, wire, send money
扣款 扣钱 扣费 扣了 扣掉 | charge, debit, deduct
重复 两次 两遍 两笔 两回 多扣 多收 | twice, double, duplicate
结账 结算 买单 | checkout
优惠券 折扣券 代金券 满减券 消费券 优惠码 折扣码 | coupon, voucher, promo code, discount code
打折 折扣 降价 便宜 差价 保价 价保 特价 优惠 划算 | discount, cheaper, price drop, price match
太贵 贵了 涨价 偏高 高很多 | expensive, overpriced, price increase
活动 促销 秒杀 拼团 | promotion, sale, campaign
账号 帐号 账户 帐户 用户名 | account, username
密码 口令 | password, passcode, pin
登录 登陆 登入 进不去 登不上 | login, log in, sign in
退出登录 登出 下线 | log out, sign out
注册 开户 开个号 办卡 | register, sign up, open an account
注销 销户 删号 销号 销掉 删除 删掉 | delete, close, deactivate, terminate
手机号 电话号码 号码 联系电话 | phone number, mobile number
手机 电话 | phone, mobile
换手机 新手机 换了手机 | new phone, change phone
验证码 校验码 动态码 | verification code, security code, otp
实名 身份证 证件 认证 核验 身份验证 | identity, id card, passport, verify
过户 转到名下 改名字 我名下 | transfer ownership, change name
短信 信息 | sms, text message
邮箱 邮件 电邮 | email, mail
通知 提醒 推送 | notification, remind, alert
取消 撤销 撤回 撤单 退订 | cancel, withdraw, unsubscribe
关闭 关掉 停用 停掉 停止 | turn off, disable, stop
打开 开启 启用 开通 激活 | turn on, enable, activate
暂停 冻结 停机 挂失 锁定 锁住 | suspend, freeze, block, lock
解冻 解锁 复机 解封 | unlock, unfreeze, unblock
修改 更改 变更 改成 改为 改一下 改掉 换了 想换 变了 | change, edit, update, modify
设置 设定 配置 | set up, settings, configure
绑定 关联 添加 | link, bind, add
解绑 解除 移除 | unlink, unbind, remove
写错 填错 弄错 搞错 买错 充错 转错 错了 错误 有误 不对 | wrong, incorrect, mistake
失败 不成功 不通过 出错 报错 异常 被拒绝 被退回 转不了 充不了 | fail, failure, error, decline, reject
坏了 坏的 破损 碎了 损坏 瑕疵 故障 破了 裂了 质量问题 | broken, damage, defective, faulty
丢失 丢了 弄丢 不见了 遗失 没了 掉了 找不到 找不着 | lost, missing
被盗 盗用 被偷 盗刷 偷用 蹭网 | stolen, hacked, unauthorised
陌生 不认识 莫名 没开过 没买过 | unknown, unrecognised, do not recognise
骗子 诈骗 冒充 假的 | fraud, scam, fake
骚扰 推销 广告 垃圾短信 | spam, nuisance, telemarketing
拦截 屏蔽 拉黑 挡住 黑名单 | block, filter
少发 漏发 少了 缺件 | missing item
缺货 断货 没货 无货 售罄 卖完 卖光 | out of stock, sold out, unavailable
补货 来货 有货 到货 上架 现货 | restock, in stock, back in stock
保修 质保 三包 | warranty, guarantee
维修 修理 返修 报修 来修 | repair, fix
安装 装上 来装 能装 新装 | install, installation
师傅 工程师 技术员 | technician, engineer
尺码 尺寸 码数 多大码 | size
颜色 色号 | colour, color
会员 | vip, member, membership
套餐 方案 月租 资费 | plan, tariff, package
积分 点数 | points, reward
等级 升级 级别 | level, tier, upgrade
续费 续订 包月 包年 续期 | renew, subscription
到期 过期 失效 截止 | expire, expiry, due
有效期 期限 | validity, valid until
合同 合约 协议 | contract, agreement
违约金 罚款 罚多少 赔多少 滞纳金 | penalty, fine, late fee
赔偿 赔付 理赔 补偿 | compensate, compensation, claim
保险 保单 投保 | insurance, policy
客服 人工 真人 热线 | agent, human, representative, customer service, hotline
营业厅 门店 网点 实体店 线下 | branch, store, shop
上班 下班 工作时间 营业时间 几点 | opening hours, business hours, working hours
海外 国外 境外 国际 外国 出国 国家 | overseas, abroad, international, foreign
漫游 | roaming
关税 清关 海关 | customs, duty
汇率 兑换 换汇 换钱 外币 | exchange rate, currency
礼物 礼品 送人 送礼 | gift, present
包装 礼盒 | wrap, packaging
多久 多长时间 几天 什么时候 何时 啥时候 多少天 多长 | how long, when
多少钱 价格 价钱 费用 收费 多贵 资费 | how much, price, cost, fee
免费 不要钱 不收费 | free, no charge
手续费 费用 收费 收钱 要钱 扣费 工本费 | fee, service fee, commission
在哪 哪里 哪儿 什么地方 | where
还没 迟迟 超时 太慢 延误 一直没 | late, delay, still waiting
等待 排队 处理中 审核 待处理 | pending, waiting, processing, review
查询 查看 查一下 跟踪 追踪 看看 | track, trace, check, look up
记录 历史 日志 | history, record, log
投诉 举报 维权 | complaint, complain
评价 评论 差评 | review, feedback, rating
隐私 个人信息 个人资料 | privacy, personal data
分期 月供 | instalment, installment
贷款 借款 借钱 | loan, borrow
还款 还钱 欠费 欠款 | repay, repayment, overdue
利息 利率 年化 | interest rate, interest
信用卡 贷记卡 | credit card
银行卡 储蓄卡 借记卡 | debit card, bank card
取款机 柜员机 自动取款 提款机 | atm, cash machine
余额 剩多少 还剩 剩的钱 | balance, remaining
限额 额度 上限 | limit
提现 取现 取款 取钱 取了 提款 取出来 | withdrawal, withdraw, cash out
存款 存钱 存入 | deposit
充值 充话费 话费 充钱 充不了 充进去 | top up, recharge
流量 上网 | mobile data, data
网速 很慢 太卡 转圈 缓冲 加载 | slow, loading, lag, buffering
信号 无服务 没服务 | signal, reception, coverage
断网 掉线 没网 连不上 上不了网 | offline, disconnect, no internet, connection
宽带 网线 光纤 光猫 | broadband, fibre, modem
无线 路由器 | wifi, wireless, router
通话 打电话 来电 接听 | call
听不清 断断续续 杂音 | noise, cutting out
号卡 手机卡 电话卡 | sim
补办 补卡 换卡 重办 | replacement card, reissue
下载 安装包 | download
更新 新版本 | update, version
打不开 进不去 闪退 卡住 死机 | crash, freeze, not loading, not working
重启 重新启动 恢复出厂 | restart, reboot, factory reset
备份 恢复 找回 还原 | backup, restore, recover
导出 导入 | export, import
上传 附件 | upload, attachment
打印 打印机 | print, printer
分享 转发 邀请 | share, invite, refer
权限 授权 许可 | permission, access, authorise
管理员 | admin, administrator
同步 | sync
接口 对接 集成 | api, integration
试用 体验 | trial, demo
课程 上课 听课 网课 | course, lesson, class
老师 讲师 教练 | teacher, tutor, instructor
考试 成绩 证书 | exam, certificate, score
门票 入场 票务 | ticket, admission
酒店 房间 入住 退房 | hotel, room, check in, check out
航班 机票 登机 | flight, boarding
行李 托运 | luggage, baggage
座位 选座 | seat
停车 车位 | parking
押金 保证金 定金 订金 | deposit fee, down payment
医院 挂号 就诊 | hospital, clinic
过敏 副作用 成分 | allergy, side effect, ingredient
招聘 应聘 求职 | job, career, hiring
合作 加盟 代理 批发 | partner, franchise, wholesale
孩子 小孩 儿童 未成年 | child, kid, minor
老人 父母 家人 爸妈 | parents, family, elderly
"""


class Meanings:
    """Finds the meanings of words; one per tenant, immutable, cheap to ask (a dictionary look-up per word)."""

    def __init__(self, extra: Iterable[Sequence[str]] = ()) -> None:
        """Read the built-in lines, then `extra`: lines of folded words that mean the same."""
        self._chinese: dict[str, list[int]] = {}
        self._spaced: dict[tuple[str, ...], list[int]] = {}
        for number, words in enumerate(chain(_built_in_lines(), extra)):
            for word in words:
                if word.isascii():
                    self._spaced.setdefault(tuple(stem(part) for part in word.split()), []).append(number)
                else:
                    self._chinese.setdefault(word, []).append(number)
        self._chinese_lengths = sorted({len(word) for word in self._chinese})
        self._spaced_lengths = sorted({len(stems) for stems in self._spaced})

    def in_chinese(self, run: str) -> Iterator[int]:
        """Yield the numbers of the meanings found in a run of Chinese, wherever its words begin."""
        for length in self._chinese_lengths:
            for at in range(len(run) - length + 1):
                yield from self._chinese.get(run[at : at + length], ())

    def in_stems(self, stems: Sequence[str]) -> Iterator[int]:
        """Yield the numbers of the meanings found in consecutive word stems."""
        for length in self._spaced_lengths:
            for at in range(len(stems) - length + 1):
                yield from self._spaced.get(tuple(stems[at : at + length]), ())


def _built_in_lines() -> Iterator[list[str]]:
    for line in SERVICE_WORDS.strip().splitlines():
        chinese, _, english = line.partition("|")
        yield [*chinese.split(), *(word.strip() for word in english.split(",") if word.strip())]
