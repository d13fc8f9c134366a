namespace AgentWarden.Benchmarks.Report;

/// <summary>One measured figure.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Of the value and of its reference.</param>
internal sealed record Figure(string Name, double Value, string Unit)
{
    /// <summary>What it must reach; null for a figure that only explains another.</summary>
    public Target? Target { get; init; }

    /// <summary>The thing to compare with, from the same run.</summary>
    public Reference? Reference { get; init; }

    /// <summary>The same figure of an earlier program, in the same run; null when none was named, or none takes part.</summary>
    public double? Before { get; init; }

    /// <summary>Measured in the benchmark's own process: an earlier program has no part in it.</summary>
    public bool InProcess { get; init; }

    /// <summary>How the value came about: rounds, counts, tools.</summary>
    public string? Note { get; init; }

    public double? Ratio => Reference is { Value: > 0 } reference ? Value / reference.Value : null;

    public bool? Met => Target?.IsMetBy(Value, Ratio);
}

internal sealed record Reference(string Name, double Value);

/// <summary>A limit on the value, or on its ratio to the reference.</summary>
internal sealed record Target(string Sign, double Limit, bool OfRatio = false)
{
    public static Target AtMost(double limit) => new("≤", limit);

    public static Target AtLeast(double limit) => new("≥", limit);

    public static Target RatioAtMost(double limit) => new("≤", limit, OfRatio: true);

    public bool? IsMetBy(double value, double? ratio) => (OfRatio ? ratio : value) is { } measured ? (Sign == "≤" ? measured <= Limit : measured >= Limit) : null;

    public override string ToString() => $"{Sign} {Limit:0.##}{(OfRatio ? " ×" : "")}";
}
