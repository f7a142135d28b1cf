"""What each rule says in Chinese: on a permit, on a refusal, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.wording import Wording

CHINESE: Mapping[str, Wording] = {
    "permit.none": Wording(
        "品牌策略中有许可",
        "品牌 {brand} 未许可任何用途",
        "请品牌 {brand} 为目的 {asked} 添加许可",
    ),
    "purpose.charter": Wording(
        "目的 {asked} 在章程允许之列",
        "目的 {asked}({at})不在章程允许之列:{allowed}",
        "请成员将目的 {asked} 写入章程",
    ),
    "purpose.permit": Wording(
        "许可适用于目的 {asked}",
        "目的 {asked}({at})没有许可;最接近的许可用于 {allowed}",
        "请品牌 {brand} 为目的 {asked} 添加许可",
    ),
    "computation.charter": Wording(
        "计算类型 {asked} 在章程允许之列",
        "计算类型 {asked}({at})不在章程允许之列:{allowed}",
        "请成员将计算类型 {asked} 写入章程",
    ),
    "computation.permit": Wording(
        "许可包含计算类型 {asked}",
        "计算类型 {asked}({at})不在许可内,许可仅包含 {allowed}",
        "改用计算类型 {allowed},或请品牌 {brand} 许可 {asked}",
    ),
    "asset.match": Wording(
        "研究读取的数据资产 {asked} 已有描述",
        "研究读取数据资产 {asked}({at}),但现有描述属于 {allowed}",
        "使用数据资产 {asked} 的描述,或在研究中改用 {allowed}",
    ),
    "asset.permit": Wording(
        "许可适用于数据资产 {asked}",
        "数据资产 {asked}({at})不是许可中的资产 {allowed}",
        "改读数据资产 {allowed},或请品牌 {brand} 为 {asked} 添加许可",
    ),
    "columns.asset": Wording(
        "数据资产列出了所需的全部列:{asked}",
        "数据资产未列出列 {excess}({at})",
        "从研究中删去列 {excess},或在数据资产中列出",
    ),
    "columns.permit": Wording(
        "许可包含所需的全部列:{asked}",
        "许可不包含列 {excess}({at})",
        "从研究中删去列 {excess},或请品牌 {brand} 许可",
    ),
    "columns.person": Wording(
        "研究未引用个人标识列",
        "研究引用了个人标识列 {excess}({at}),任何研究均不得读取",
        "从研究中删去列 {excess}",
    ),
    "columns.type": Wording(
        "各列的类型均与用途相符",
        "列的类型与用途不符:{excess}({at})",
        "按各列的类型使用这些列",
    ),
    "columns.category": Wording(
        "每一列的类别均为 {allowed} 中的词",
        "列 {excess}({at})的类别不在 {allowed} 中",
        "在数据资产中为这些列填写 {allowed} 中的类别,参见词汇参考",
    ),
    "columns.sensitive": Wording(
        "研究未读取许可未注明的敏感列",
        "列 {excess}({at})属于敏感信息,而许可未注明可以使用",
        "从研究中删去列 {excess},或请品牌 {brand} 以敏感信息许可这些列",
    ),
    "minors.charter": Wording(
        "未成年人规则:章程为“{limit}”,策略为“{found}”",
        "未成年人规则:策略({at})为“{found}”,不及章程的“{limit}”",
        "将策略的 consent.minors 改为章程的要求,或更严格",
    ),
    "minors.known": Wording(
        "有未成年人规则适用,登记并未称所有人年龄不明",
        "有未成年人规则适用,而登记称所有人年龄不明",
        "在登记中记录年龄段,并在资产中映射",
    ),
    "uses.charter": Wording(
        "结果用于 {asked},章程允许 {allowed}",
        "结果用于 {asked}({at}),而章程只允许 {allowed}",
        "在研究的 `uses` 中写明结果的用途,且只限 {allowed}",
    ),
    "uses.permit": Wording(
        "结果用于 {asked},许可允许 {allowed}",
        "结果用于 {asked}({at}),而许可只允许 {allowed}",
        "在研究的 `uses` 中写明结果的用途,且只限 {allowed},或请品牌 {brand} 许可更多",
    ),
    "thresholds.figure": Wording(
        "计算 {kind} 会得出各阈值所指的全部指标:{asked}",
        "计算 {kind} 不会得出阈值所指的指标 {excess}",
        "改用 {allowed} 中的指标,或删去阈值",
    ),
    "flow.permit": Wording(
        "离开品牌的数据受 {asked} 级保护,许可要求 {limit}",
        "离开品牌的数据受 {asked} 级保护({at}),低于许可要求的 {limit}",
        "选择可达到 {limit} 的信任模式,或请品牌 {brand} 许可 {asked}",
    ),
    "release-form.permit": Wording(
        "许可包含发布形式 {asked}",
        "发布形式 {asked}({at})不在许可内,许可仅包含 {allowed}",
        "请品牌 {brand} 许可发布形式 {asked}",
    ),
    "consent.register": Wording(
        "同意登记可以读取",
        "同意登记无法读取,或未注明同步时间",
        "恢复同意登记的读取,然后重新决定",
    ),
    "consent.purpose": Wording(
        "同意登记包含目的 {asked}",
        "同意登记不包含目的 {asked}({at})",
        "取得并登记对目的 {asked} 的同意,并在数据资产中建立映射",
    ),
    "consent.fields": Wording(
        "同意登记包含策略要求的全部内容",
        "策略要求每份同意注明 {excess},而同意登记未提供",
        "在数据资产中映射 {excess},或降低策略的要求",
    ),
    "consent.clock": Wording(
        "同意登记的同步时间在当前时间之前",
        "同意登记的同步时间 {found} 晚于当前时间({limit})",
        "校准同意登记和本机的时钟",
    ),
    "consent.age": Wording(
        "同意登记在 {limit} 小时内同步过",
        "同意登记最近一次同步为 {found},距今超过 {limit} 小时",
        "同步同意登记,然后重新决定",
    ),
    "recipients.charter": Wording(
        "全部接收方均在章程之列:{asked}",
        "接收方 {excess}({at})不在章程之列:{allowed}",
        "从研究中删去接收方 {excess}",
    ),
    "recipients.permit": Wording(
        "许可包含全部接收方:{asked}",
        "接收方 {excess}({at})不在许可内,许可仅包含 {allowed}",
        "从研究中删去接收方 {excess},或请品牌 {brand} 许可",
    ),
    "joint-use.opinion": Wording(
        "策略依据法律顾问的意见 {opinion},该意见已由法律顾问签名且有效",
        "策略依据法律顾问的意见 {opinion},但该意见{fault}",
        "换上法律顾问已签名且有效的意见,或删去 joint_use",
    ),
    "joint-use.consent": Wording(
        "联合使用:{reason}",
        "接收方 {asked}({at})是品牌 {brand} 之外的处理者,且{fault}",
        "{way},或由法律顾问就 joint_use 签署意见",
    ),
    "joint-use.recipients": Wording(
        "联合使用的接收方:{reason}",
        "计入的各版告知书({notices})并未都写明接收方 {excess}({at})",
        "从研究中删去接收方 {excess},或发布写明这些接收方的新告知书,"
        "并在 consent.notices 中只计入它",
    ),
    "cross-border.mechanism": Wording(
        "出境依据:{reason}",
        "离开品牌 {brand} 的内容去往 {away},个人与品牌位于 {home},而策略写明的出境途径为 {found},"
        "允许的途径为 {allowed}",
        "在策略中写明 export.mechanism({allowed} 之一);如各方均在同一法域,"
        "请在章程中写明品牌、运营方和接收方所在地",
    ),
    "cross-border.persons": Wording(
        "出境人数上限:{reason}",
        "内容去往 {away},策略在 {field} 中写明至多 {found} 人,而研究涉及 {limit} 人或以上",
        "重新统计本年度出境人数,并在策略中写明 export.{field},不少于 {limit}",
    ),
    "minimum-persons.charter": Wording(
        "最少人数 {asked} 不低于章程的 {limit}",
        "最少人数 {asked}({at})低于章程的 {limit}",
        "将 minimum_persons 提高到 {limit}",
    ),
    "minimum-persons.permit": Wording(
        "最少人数 {asked} 不低于许可的 {limit}",
        "最少人数 {asked}({at})低于许可的 {limit}",
        "将 minimum_persons 提高到 {limit}",
    ),
    "minimum-brands.charter": Wording(
        "最少品牌数 {asked} 不低于章程的 {limit}",
        "最少品牌数 {asked}({at})低于章程的 {limit}",
        "将 minimum_brands 提高到 {limit}",
    ),
    "trust-mode.dropouts": Wording(
        "容许掉线品牌数 {asked} 不低于章程的 {limit}",
        "容许掉线品牌数 {asked}({at})低于章程的 {limit}",
        "将 tolerated_dropouts 提高到 {limit}",
    ),
    "trust-mode.colluders": Wording(
        "假定合谋品牌数 {asked} 不低于章程的 {limit}",
        "假定合谋品牌数 {asked}({at})低于章程的 {limit}",
        "将 assumed_colluders 提高到 {limit}",
    ),
    "trust-mode.honest": Wording(
        "求和的 {limit} 个品牌中假定 {asked} 个合谋,其余品牌的噪声仍在",
        "求和的 {limit} 个品牌可能全部属于假定合谋的 {asked} 个,将没有噪声留下",
        "将 minimum_brands 提高到 {needed}",
    ),
    "trust-mode.members": Wording(
        "章程有 {found} 个成员,求和需要 {limit} 个加入",
        "章程有 {found} 个成员,但为容许 {dropouts} 个掉线({at}),求和需要 {limit} 个加入",
        "增加成员至 {limit} 个,或降低 tolerated_dropouts 或 minimum_brands",
    ),
    "trust-mode.entities": Wording(
        "章程成员分属 {found} 个法律实体,求和需要 {limit} 个",
        "章程成员只分属 {found} 个法律实体,但求和需要 {limit} 个",
        "增加成员至 {limit} 个法律实体",
    ),
    "budget.epsilon-charter": Wording(
        "epsilon {asked} 不超过章程的 {limit}",
        "epsilon {asked}({at})超过章程的 {limit}",
        "将 epsilon 降到 {limit}",
    ),
    "budget.delta-charter": Wording(
        "delta {asked} 不超过章程的 {limit}",
        "delta {asked}({at})超过章程的 {limit}",
        "将 delta 降到 {limit}",
    ),
    "budget.purpose": Wording(
        "策略中有目的 {asked} 的隐私预算",
        "策略中没有目的 {asked}({at})的隐私预算",
        "请品牌 {brand} 为目的 {asked} 设定隐私预算",
    ),
    "budget.period": Wording(
        "当前时间处于预算周期内,至 {found}",
        "当前时间({found})不在任何预算周期内,首个周期始于 {limit}",
        "等到 {limit}",
    ),
    "budget.delta": Wording(
        "delta {asked} 不超过预算的 {limit}",
        "delta {asked}({at})超过预算的 {limit}",
        "将 delta 降到 {limit}",
    ),
    "budget.known": Wording(
        "账本给出了已用预算",
        "账本未给出 delta 为 {limit} 时的已用预算",
        "恢复账本的读取,并按 delta {limit} 报告",
    ),
    "budget.epsilon": Wording(
        "运行后已用 epsilon 由 {spent} 增至 {found},上限 {limit}",
        "运行后已用 epsilon 由 {spent} 增至 {found},超过预算 {limit}",
        "将 epsilon({at})降到剩余的 {left},或等到 {until} 预算更新",
    ),
    "budget.exhausted": Wording(
        "预算尚有剩余",
        "预算 {limit} 中已用 epsilon {spent},运行后将增至 {found}",
        "等到 {until} 预算更新",
    ),
    "retention.charter": Wording(
        "保存天数 {asked} 不超过章程的 {limit}",
        "保存天数 {asked}({at})超过章程的 {limit}",
        "将 retention_days 降到 {limit}",
    ),
    "retention.permit": Wording(
        "保存天数 {asked} 不超过许可的 {limit}",
        "保存天数 {asked}({at})超过许可的 {limit}",
        "将 retention_days 降到 {limit}",
    ),
    "expiry.study": Wording(
        "研究可在 {limit} 之前开始",
        "研究已于 {limit} 到期,当前时间 {found}",
        "提交到期时间更晚的新版研究",
    ),
    "expiry.policy": Wording(
        "策略自 {limit} 起生效",
        "策略自 {limit} 起生效,当前时间 {found}",
        "等到 {limit} 之后",
    ),
    "expiry.clock": Wording(
        "当前时间已知",
        "当前时间没有时区,无法判断任何有效期",
        "使用带时区的时间进行决定",
    ),
    "signature.charter": Wording(
        "章程由运营方签署",
        "未能确认章程由运营方密钥签署",
        "重新获取章程,并用已固定的运营方密钥验证",
    ),
    "charter.accepted": Wording(
        "没有比第 {limit} 版更新的章程等待接受",
        "有一份比第 {limit} 版更新、可能放宽限制的章程,正等待品牌方人员接受",
        "用 hanse brand charter 查看,并用 hanse brand accept-charter 接受,"
        "或请运营方签署撤回该改动的新章程",
    ),
    "signature.policy": Wording(
        "策略由品牌 {brand} 签署",
        "未能确认策略由章程为品牌 {brand} 固定的密钥签署",
        "用品牌 {brand} 的密钥签署策略",
    ),
    "signature.asset": Wording(
        "数据描述由品牌 {brand} 签署",
        "未能确认数据描述由品牌 {brand} 的密钥签署",
        "用品牌 {brand} 的密钥签署数据资产",
    ),
    "signature.study": Wording(
        "研究由章程中的运营方签署",
        "未能确认研究由章程中的运营方签署",
        "请运营方用章程所列密钥签署研究",
    ),
    "taxonomies.charter": Wording(
        "策略与数据描述的用语依据 {found},符合章程要求({limit})",
        "章程为全体成员的用语固定 {limit},而策略与数据描述固定的是 {found}",
        "在策略的 `taxonomies`({at})和数据描述的 `taxonomy` 中固定 {limit},"
        "并核对各用语在其中的含义",
    ),
    "assessment.charter": Wording(
        "章程要求在 {limit} 之前完成影响评估,策略所载评估:{found}",
        "章程要求在策略生效({limit})之前完成影响评估,而策略所载评估:{found}",
        "完成影响评估,并在其后生效的新版本的 `assessment` 中写明报告与日期",
    ),
    "approvals.charter": Wording(
        "放宽的版本须由 {asked} 个角色批准,章程要求 {limit} 个",
        "放宽的版本须由 {asked} 个角色批准({at}),低于章程的 {limit} 个",
        "将 approvals.loosen 提高到 {limit},并指定足够角色的批准人",
    ),
    "approvals.keys": Wording(
        "没有批准人持有成员或运营方用于签署的密钥",
        "批准人 {who} 的密钥就是 {party} 用于签署的密钥,同一把密钥既能批准又能签署",
        "请为该批准人另建密钥(hanse policy keygen),并写入 `approvers`",
    ),
    "approvals.policy": Wording(
        "策略已获前一版本要求的角色数批准:{limit}",
        "策略可能比前一版本允许更多,前一版本要求 {limit} 个角色批准;"
        "已批准:{found},已拒绝:{refused}",
        "请前一版本的批准人批准本版本:hanse policy approve",
    ),
    "approvals.asset": Wording(
        "数据资产已获前一版本要求的角色数批准:{limit}",
        "数据资产可能比前一版本允许更多,前一版本要求 {limit} 个角色批准;"
        "已批准:{found},已拒绝:{refused}",
        "请前一版本的批准人批准本版本:hanse policy approve",
    ),
    "approvals.asset-rules": Wording(
        "变更数据资产需 {asked} 个角色批准,不少于变更策略所需的 {limit} 个",
        "变更数据资产只需 {asked} 个角色批准,而变更策略({at})需 {limit} 个",
        "请在数据资产中写明批准人,并将 approvals.loosen 提高到 {limit}",
    ),
    "pack.pinned": Wording(
        "法律规则包 {pack} 与固定的版本一致",
        "法律规则包 {pack} 固定为 {limit},而现有的为 {found}",
        "提供所固定的法律规则包 {pack},或改为固定其他版本",
    ),
    "pack.counsel": Wording(
        "法律规则包 {pack}:{counsel}",
        "法律规则包 {pack}:{counsel},而策略要求法律顾问签名",
        "请法律顾问以章程所列密钥签署法律规则包 {pack}",
    ),
    "pack.check": Wording(
        "未违反 {pack} 的任何规则({counsel})",
        "{pack} 的规则 {check} {answer}:{tests}({counsel})",
        "按规则包修改:{unmet}",
    ),
    "pack.advice": Wording(
        "{pack} 的建议 {check} {answer},策略允许通过:{tests}({counsel})",
        "{pack} 的建议 {check} {answer},而策略要求据此拒绝:{tests}({counsel})",
        "按规则包修改:{unmet}",
    ),
    "identity.alliance": Wording(
        "章程、策略和研究同属联盟 {limit}",
        "章程属于联盟 {limit},其他文件不是:{found}",
        "使用同一联盟的文件",
    ),
    "identity.brand": Wording(
        "策略与数据资产同属品牌 {brand}",
        "策略属于品牌 {brand},但数据资产属于品牌 {found}",
        "使用品牌 {brand} 的数据资产",
    ),
    "identity.member": Wording(
        "品牌 {brand} 是联盟成员",
        "品牌 {brand} 不是联盟成员",
        "向运营方登记品牌 {brand}",
    ),
}
