namespace AgentWarden.Kernel.Admission;

/// <summary>The request of an <c>admission.k8s.io</c> AdmissionReview. The objects stay bytes, slices of the HTTP body, so they are only valid during the call.</summary>
internal sealed record AdmissionReview
{
    public const string V1 = "admission.k8s.io/v1", V1Beta1 = "admission.k8s.io/v1beta1";

    /// <summary>The version that was asked in, and so the version of the answer.</summary>
    public string ApiVersion { get; init; } = V1;

    /// <summary>Names this call; the answer repeats it.</summary>
    public required string Uid { get; init; }

    public required AdmissionType Kind { get; init; }
    public AdmissionType Resource { get; init; }

    /// <summary>For example <c>ephemeralcontainers</c>; empty for the object itself.</summary>
    public string SubResource { get; init; } = "";

    public required AdmissionOperation Operation { get; init; }
    public string? Namespace { get; init; }

    /// <summary>Empty on the creation of an object that only has <c>generateName</c>.</summary>
    public string Name { get; init; } = "";

    public bool DryRun { get; init; }
    public string? Username { get; init; }

    /// <summary>The object as it will be stored; empty on DELETE.</summary>
    public ReadOnlyMemory<byte> Object { get; init; }

    /// <summary>The object as it is stored; empty on CREATE.</summary>
    public ReadOnlyMemory<byte> OldObject { get; init; }

    public bool IsKind(string group, string kind) =>
        string.Equals(Kind.Group, group, StringComparison.Ordinal) && string.Equals(Kind.Name, kind, StringComparison.Ordinal);
}

/// <summary>Group, version and kind, or group, version and plural.</summary>
internal readonly record struct AdmissionType(string Group, string Version, string Name)
{
    public override string ToString() => string.IsNullOrEmpty(Group) ? $"{Version} {Name}" : $"{Group}/{Version} {Name}";
}

/// <summary><c>request.operation</c>.</summary>
internal enum AdmissionOperation
{
    /// <summary>One that Kubernetes did not have when this was written.</summary>
    Unknown,
    Create,
    Update,
    Delete,
    Connect,
}
