namespace AgentWarden.Kernel.Kubernetes;

/// <summary>
/// <c>metav1.LabelSelector</c>: matchLabels and matchExpressions, all of which must hold. An empty selector matches everything.
/// </summary>
internal sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }
    public IReadOnlyList<LabelRequirement>? MatchExpressions { get; init; }

    public bool IsEmpty => MatchLabels is not { Count: > 0 } && MatchExpressions is not { Count: > 0 };

    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        if (MatchLabels is not null)
        {
            foreach (var (key, value) in MatchLabels)
            {
                if (labels is null || !labels.TryGetValue(key, out var actual) || !string.Equals(actual, value, StringComparison.Ordinal))
                {
                    return false;
                }
            }
        }

        return MatchExpressions is null || MatchExpressions.All(e => e.Matches(labels));
    }

    /// <summary>The selector as kubectl prints it, for messages.</summary>
    public override string ToString()
    {
        var labels = (MatchLabels ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(l => $"{l.Key}={l.Value}");
        var expressions = (MatchExpressions ?? []).Select(e => e.ToString());
        return string.Join(",", labels.Concat(expressions));
    }
}

/// <summary>One entry of matchExpressions. An operator that is not In, NotIn, Exists or DoesNotExist matches nothing.</summary>
internal sealed record LabelRequirement
{
    public string Key { get; init; } = "";
    public string Operator { get; init; } = "";
    public IReadOnlyList<string>? Values { get; init; }

    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        string? actual = null;
        var present = labels is not null && labels.TryGetValue(Key, out actual);
        return Operator switch
        {
            "In" => present && Values is not null && Values.Contains(actual!, StringComparer.Ordinal),
            // As in Kubernetes, a label that is absent is "not in".
            "NotIn" => !present || Values is null || !Values.Contains(actual!, StringComparer.Ordinal),
            "Exists" => present,
            "DoesNotExist" => !present,
            _ => false,
        };
    }

    public override string ToString() => Operator switch
    {
        "In" => $"{Key} in ({string.Join(",", Values ?? [])})",
        "NotIn" => $"{Key} notin ({string.Join(",", Values ?? [])})",
        "DoesNotExist" => $"!{Key}",
        "Exists" => Key,
        _ => $"{Key} {Operator}",
    };
}
